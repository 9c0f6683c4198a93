"""The exercises of the vendor's chapter (S1), step by step, on a stage.

Sections "Basic Resync" and "Profile Management". Where the chapter says 30 seconds, one is enough;
where it says 192.168.1.200, here it is loopback. Every verdict is read back over a socket: from
the phone's page, from its syslog, from the server's own log.
"""

import gzip
from collections.abc import Callable
from urllib.parse import quote

from ringback.cli.browser import open_page
from ringback.cli.stage import MAC, MODEL, SERIAL, Stage, has_tool, run_ringback, run_tool
from ringback.errors import RingbackError

Exercise = Callable[[Stage], None]
REQUESTING, SUCCESSFUL, FAILED = "Requesting resync", "Successful resync", "Resync failed"


def basic(value: str = "12345678", more: str = "") -> str:
    """The chapter's ``basic.txt``, with another value where an exercise must see a change."""
    return f"<flat-profile>\n  <GPP_A> {value}\n</GPP_A>\n{more}</flat-profile>\n"


def tftp_resync(stage: Stage) -> None:
    """TFTP Resync."""
    stage.put("basic.txt", basic())
    stage.tell("Step 4: basic.txt with GPP_A = 12345678 is in the root folder")
    empty = [f"GPP_{letter}" for letter in "ABCDEFGHIJKLMNOP" if stage.field(f"GPP_{letter}")]
    if empty:
        raise RingbackError(f"not empty at first: {', '.join(empty)}")
    stage.tell("Step 6: GPP_A to GPP_P are empty on admin/advanced")
    open_page(f"{stage.pages}/admin/resync?{stage.url('basic.txt')}")
    stage.tell(f"Step 7: opened /admin/resync?{stage.url('basic.txt')}")
    stage.expect_field("GPP_A", "12345678")


def logging_with_syslog(stage: Stage) -> None:
    """Logging with syslog."""
    stage.submit_all_changes(
        Syslog_Server=stage.syslog, Resync_On_Reset="No", Resync_Random_Delay="0"
    )
    stage.tell(f"Step 3: Syslog_Server = {stage.syslog} entered on the System tab")
    stage.expect_field("Syslog_Server", stage.syslog)
    open_page(f"{stage.pages}/admin/resync?{stage.url('basic.txt')}")
    mac = ":".join(MAC[i : i + 2] for i in range(0, 12, 2))
    stage.expect_said(f"{MODEL} {mac} -- {REQUESTING} {stage.url('basic.txt')}")
    stage.expect_said(f"{MODEL} {mac} -- {SUCCESSFUL} {stage.url('basic.txt')}")
    stage.put("quiet.txt", basic("quiet", "<Log_Request_Msg></Log_Request_Msg>"))
    open_page(f"{stage.pages}/admin/resync?{stage.url('quiet.txt')}")
    stage.expect_field("GPP_A", "quiet")
    stage.forget()
    open_page(f"{stage.pages}/admin/resync?{stage.url('basic.txt')}")
    stage.expect_said(SUCCESSFUL)
    if stage.said(REQUESTING):
        raise RingbackError("a cleared Log_Request_Msg was sent")
    stage.tell("a cleared Log_Request_Msg is not sent")
    level = f"<Debug_Server>{stage.syslog}</Debug_Server>\n<Debug_Level>3</Debug_Level>\n"
    restored = "$PN $MAC -- Requesting resync $SCHEME://$SERVIP:$PORT$PATH"
    request = f"<Log_Request_Msg>{restored}</Log_Request_Msg>\n"
    stage.put("debug.txt", basic("debug", level + request))
    open_page(f"{stage.pages}/admin/resync?{stage.url('debug.txt')}")
    stage.expect_field("GPP_A", "debug")
    stage.put(
        "debug.txt", basic("loud", "<Debug_Level>0</Debug_Level><Debug_Server></Debug_Server>")
    )
    open_page(f"{stage.pages}/admin/resync?{stage.url('debug.txt')}")
    stage.expect_said("GPP_A")


def automatic_device_resync(stage: Stage) -> None:
    """Automatic Device Resync."""
    stage.forget()
    stage.submit_all_changes(
        Profile_Rule=stage.url("basic.txt"),
        Resync_Periodic="1",
        Resync_On_Reset="Yes",
        Resync_Random_Delay="0",
        Resync_Error_Retry_Delay="1",
    )
    stage.tell("Steps 2 to 4: Profile_Rule and Resync_Periodic = 1 submitted")
    stage.expect_said(SUCCESSFUL, times=3)
    stage.power_cycle()
    stage.forget()
    stage.tell("Step 7: power cycled")
    stage.expect_said(SUCCESSFUL)
    stage.stop_server()
    stage.forget()
    stage.tell("Step 9: the TFTP server is disabled")
    stage.expect_said(FAILED, times=2, within=15)
    stage.start_server()
    stage.forget()
    stage.tell("the TFTP server is enabled again")
    stage.expect_said(SUCCESSFUL, within=15)


def unique_profiles_and_macro_expansion(stage: Stage) -> None:
    """Provision a Specific IP Phone Profile on a TFTP Server."""
    name = f"{MODEL}{MAC}.cfg"
    stage.put(name, basic("specific"))
    stage.tell(f"Step 2: basic.txt copied to {name}")
    stage.forget()
    stage.submit_all_changes(Profile_Rule=stage.url("CP-7832-3PCC$MA.cfg"), Resync_Periodic="0")
    stage.expect_said(f"{SUCCESSFUL} {stage.url(name)}")
    stage.expect_field("GPP_A", "specific")


def http_get_resync(stage: Stage) -> None:
    """HTTP GET Resync."""
    stage.put("basic.txt", basic("over HTTP"))
    fetched = open_page(stage.url("basic.txt", "http"))
    if "over HTTP" not in fetched.text:
        raise RingbackError("a browser does not get basic.txt")
    stage.tell("Step 3: a browser retrieves basic.txt")
    stage.forget()
    stage.submit_all_changes(Profile_Rule=stage.url("basic.txt", "http"), Resync_Periodic="1")
    stage.expect_said(f"{SUCCESSFUL} {stage.url('basic.txt', 'http')}", times=2)
    stage.expect_field("GPP_A", "over HTTP")
    line = stage.server.wait_for(f"product={MODEL}")
    stage.tell(f"Step 7: the server's log: {line.strip()}")


def provisioning_through_cisco_xml(stage: Stage) -> None:
    """Provisioning Through Cisco XML."""
    stage.submit_all_changes(Profile_Rule="", Resync_Periodic="0", CISCO_XML_EXE_Enable="Yes")
    stage.expect_field("CISCO_XML_EXE_Enable", "Yes")
    execute = "<CP-7832-3PCCExecute>\n  <ExecuteItem URL={}/>\n</CP-7832-3PCCExecute>"
    shapes = {"quoted": execute.format('"Resync:{}"'), "as printed": execute.format("Resync:{}")}
    for number, (how, shape) in enumerate(shapes.items()):
        stage.put("xml.txt", basic(f"by XML, {how}"))
        item = shape.format(stage.url("xml.txt"))
        body = f"XML={quote(item)}".encode() if number else item.encode()
        answer = open_page(f"{stage.pages}/CGI/Execute", body)
        if "CiscoIPPhoneResponse" not in answer.text:
            raise RingbackError(f"the phone answered {answer.text!r}")
        stage.tell(f"POST /CGI/Execute ({how}) is answered by CiscoIPPhoneResponse")
        stage.expect_field("GPP_A", f"by XML, {how}")


def url_resolution_by_macro_expansion(stage: Stage) -> None:
    """URL Resolution by Using Macro Expansion."""
    stage.put(f"cisco/config/{MODEL}.cfg", basic("by product name"))
    stage.forget()
    rule = stage.url("cisco/config/$PN.cfg", host="prov.telco.com")
    stage.submit_all_changes(Profile_Rule=rule, Resync_Periodic="0")
    stage.expect_said(f"{SUCCESSFUL} {stage.url(f'cisco/config/{MODEL}.cfg')}")
    stage.expect_field("GPP_A", "by product name")
    stage.put(f"cisco/Dj6Lmp23Q/{MAC}.cfg", basic("by GPP_B and MAC"))
    rule = stage.url("cisco/$B/$MA.cfg", host="prov.telco.com")
    stage.submit_all_changes(Profile_Rule=rule, GPP_B="Dj6Lmp23Q")
    stage.expect_said(f"{SUCCESSFUL} {stage.url(f'cisco/Dj6Lmp23Q/{MAC}.cfg')}")
    stage.expect_field("GPP_A", "by GPP_B and MAC")


def open_profile_gzip_compression(stage: Stage) -> None:
    """Open Profile gzip Compression."""
    path = stage.put("basic.txt", basic("compressed"))
    if has_tool("gzip"):
        run_tool("gzip", "-kf", "basic.txt", folder=stage.root)
        stage.tell("Step 2: gzip basic.txt")
    else:
        path.with_suffix(".txt.gz").write_bytes(gzip.compress(path.read_bytes()))
        stage.tell("Step 2: basic.txt compressed with zlib (gzip is not installed)")
    stage.forget()
    stage.submit_all_changes(Profile_Rule=stage.url("basic.txt.gz"))
    stage.expect_said(f"{SUCCESSFUL} {stage.url('basic.txt.gz')}")
    stage.expect_field("GPP_A", "compressed")


def profile_encryption_by_openssl(stage: Stage) -> None:
    """Profile Encryption by Using OpenSSL."""
    for name, value in (("basic.txt", "encrypted"), ("basic.txt.gz", "compressed and encrypted")):
        path = stage.put("basic.txt", basic(value))
        if name.endswith(".gz"):
            (stage.root / name).write_bytes(gzip.compress(path.read_bytes()))
        _encrypt(stage, name)
        stage.forget()
        stage.submit_all_changes(Profile_Rule=f"[--key MyOwnSecret] {stage.url('basic.cfg')}")
        stage.expect_said(f"{SUCCESSFUL} {stage.url('basic.cfg')}")
        stage.expect_field("GPP_A", value)
    stage.forget()
    stage.submit_all_changes(Profile_Rule=f"[--key SomebodyElses] {stage.url('basic.cfg')}")
    stage.expect_said(FAILED)
    stage.expect_field("GPP_A", value)


def _encrypt(stage: Stage, name: str) -> None:
    if has_tool("openssl"):
        command = f"openssl enc -aes-256-cbc -k MyOwnSecret -in {name} -out basic.cfg"
        run_tool(*command.split(), folder=stage.root)
        stage.tell(f"Step 2: {command}")
        return
    source, target = str(stage.root / name), str(stage.root / "basic.cfg")
    run_ringback("profile", "seal", source, "--key", "MyOwnSecret", "-o", target)
    stage.tell(f"Step 2: ringback profile seal {name} (openssl is not installed)")


def partitioned_profiles(stage: Stage) -> None:
    """Partitioned Profiles."""
    stage.put("basic.txt", basic("first"))
    stage.put("basic2.txt", basic("second", "<GPP_B>ABCD</GPP_B>\n"))
    stage.forget()
    stage.submit_all_changes(
        Profile_Rule=stage.url("basic.txt"), Profile_Rule_B=stage.url("basic2.txt")
    )
    stage.tell("Step 3: Profile_Rule_B points to basic2.txt")
    stage.expect_said(f"{SUCCESSFUL} {stage.url('basic.txt')}")
    stage.expect_said(f"{SUCCESSFUL} {stage.url('basic2.txt')}")
    stage.expect_field("GPP_B", "ABCD")
    stage.expect_field("GPP_A", "second")
    stage.tell(f"the phone is {MODEL}, MAC {MAC}, serial {SERIAL}, and holds both profiles")


EXERCISES: tuple[Exercise, ...] = (
    tftp_resync,
    logging_with_syslog,
    automatic_device_resync,
    unique_profiles_and_macro_expansion,
    http_get_resync,
    provisioning_through_cisco_xml,
    url_resolution_by_macro_expansion,
    open_profile_gzip_compression,
    profile_encryption_by_openssl,
    partitioned_profiles,
)
