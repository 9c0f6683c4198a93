"""Every profile that others wrote, and what we make of it.

A number is how many elements a phone finds; a text is the error, place and words. Templates count
as what they are, files with placeholders. Strict reading and lxml must judge alike, and where both
take a file they must find the same values, except in the rows that say why not.
"""

import tracemalloc
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import pytest
from lxml import etree

from ringback.cisco.flat_profile import read
from ringback.errors import ProfileError


class Row(NamedTuple):
    tolerant: int | str
    """Elements found, or the error's place and beginning."""
    strict: str = ""
    """Place and beginning of what strict reading refuses; empty when it takes the file."""
    why: str = ""
    """Why lxml finds something else."""


UNFILLED = "is no name for an element"
NO_PROFILE = "no <flat-profile> in the file"

VERDICTS: dict[str, Row] = {
    "apfelwurm/mpp_schema.yml": Row(f"1:1: {NO_PROFILE}", "1:1: text outside all elements"),
    "fusionpbx/cisco_8811.xml": Row(1340, f"309:1: 'Extension_{{$row.device_key_id}}_' {UNFILLED}"),
    "fusionpbx/cisco_spa112.xml": Row(62),
    "fusionpbx/cisco_spa122.xml": Row(763),
    "fusionpbx/cisco_spa191.xml": Row(777),
    "fusionpbx/cisco_spa301.xml": Row(451, "346:1: 'Extension_"),
    "fusionpbx/cisco_spa303.xml": Row(1600, "1648:1: 'Extension_"),
    "fusionpbx/cisco_spa502g.xml": Row(586, "365:1: 'Extension_"),
    "fusionpbx/cisco_spa504g.xml": Row(646, "187:1: 'Extension_"),
    "fusionpbx/cisco_spa504g_directory.xml": Row(
        f"2:1: {NO_PROFILE}, which begins with <CiscoIPPhoneDirectory>",
        f"2:1: {NO_PROFILE}",
        "well-formed, but no profile",
    ),
    "fusionpbx/cisco_spa512g.xml": Row(604, "367:1: 'Extension_"),
    "fusionpbx/cisco_spa514g.xml": Row(675, "179:1: 'Extension_"),
    "fusionpbx/linksys_spa3102.xml": Row(18),
    "fusionpbx/linksys_spa921.xml": Row(32),
    "fusionpbx/linksys_spa941.xml": Row(722, "282:1: 'Extension_"),
    "negative/SEP_mac_79x1.cnf.xml": Row(
        f"1:1: {NO_PROFILE}, which begins with <device>",
        f"1:1: {NO_PROFILE}",
        "well-formed, but the file of another family of phones",
    ),
    "negative/SIP_mac_7940.cnf": Row(f"1:1: {NO_PROFILE}", f"1:1: {NO_PROFILE}"),
    "provisioner/linksysata_spa_mac.xml": Row(102, f"15:2: 'Display_Name_{{$line}}_' {UNFILLED}"),
    "provisioner/spa5xx_model.cfg": Row(1784),
    "provisioner/spa5xx_spa_mac.xml": Row(170, "19:2: 'Display_Name_"),
    "sipxecs/default.cfg": Row(2),
    "sipxecs/model_linksys_phone.xml": Row(
        f"6:1: {NO_PROFILE}, which begins with <model>",
        f"6:1: {NO_PROFILE}",
        "well-formed, but no profile; its document type would be refused too",
    ),
    "sipxecs/spa2102.cfg": Row(528),
    "sipxecs/spa942.cfg": Row(343),
    "spicy384/default-template.xml": Row(441),
    "wazo/wazo_cisco_sip_v12_0_7_templates_base.tpl": Row(69, "126:1: 'Line_Enable_{{'"),
    "wazo/wazo_cisco_sip_v12_0_7_templates_common_model.cfg.tpl": Row(4),
    "wazo/wazo_cisco_sip_v12_0_7_var_tftpboot_cp-phone.xml": Row(293),
    "wazo/wazo_cisco_spa_common_templates_base.tpl": Row(42, "56:1: 'Line_Enable_{{'"),
    "wazo/wazo_cisco_spa_common_var_tftpboot_spa-phone.xml": Row(393),
    "wazo/wazo_cisco_spa_pap2t_v5_1_6_templates_common_model.cfg.tpl": Row(2),
    "wazo/wazo_cisco_spa_v7_5_5_templates_SPA501G.tpl": Row(
        f"4:1: {NO_PROFILE}, which begins with <Upgrade_Rule>", f"4:1: {NO_PROFILE}"
    ),
    "wazo/wazo_cisco_spa_v7_5_5_templates_common_model.cfg.tpl": Row(2),
}


def verdict(data: bytes, *, strict: bool) -> int | str:
    try:
        return len(read(data, strict=strict).elements)
    except ProfileError as error:
        return f"{error.place}: {error.what}"


def test_every_file_has_a_row(corpus: Path):
    folder = corpus / "profiles"
    files = {str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()}
    assert files == set(VERDICTS)


@pytest.mark.parametrize("name", VERDICTS)
def test_a_phone_takes_it_or_refuses_it_with_place_and_words(corpus: Path, name: str):
    row = VERDICTS[name]
    data = (corpus / "profiles" / name).read_bytes()
    found = verdict(data, strict=False)
    if isinstance(row.tolerant, int):
        assert found == row.tolerant
    else:
        assert str(found).startswith(row.tolerant)
    strict = verdict(data, strict=True)
    if row.strict:
        assert str(strict).startswith(row.strict)
    else:
        assert strict == row.tolerant


@pytest.mark.parametrize("name", VERDICTS)
def test_lxml_judges_as_strict_reading_does(corpus: Path, name: str):
    data = (corpus / "profiles" / name).read_bytes()
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        assert VERDICTS[name].strict
        return
    assert bool(VERDICTS[name].strict) == bool(VERDICTS[name].why)
    if not VERDICTS[name].why:
        assert [each.value or "" for each in read(data).elements] == list(leaves(root))


def leaves(root: etree._Element):
    """The values of all innermost elements, in the order in which they end."""
    for element in root.iter(etree.Element):
        if len(element) == sum(not isinstance(child.tag, str) for child in element):
            text = "".join(str(piece) for piece in element.xpath("text()"))
            yield text.strip(" \t\n").replace("\n", " ")


@pytest.mark.parametrize("name", VERDICTS)
def test_time_and_memory_are_bounded(corpus: Path, name: str):
    data = (corpus / "profiles" / name).read_bytes()
    tracemalloc.start()
    try:
        started = perf_counter()
        verdict(data, strict=False)
        assert perf_counter() - started < 2
        assert tracemalloc.get_traced_memory()[1] < 1_000_000 + 20 * len(data)
    finally:
        tracemalloc.stop()
