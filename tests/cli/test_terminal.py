from ringback.cli.terminal import terminal


def test_a_mac_address_is_printed_as_it_is():
    console = terminal()
    with console.capture() as printed:
        console.print("CP-7832-3PCC 00:0e:08:ab:cd:ef :cat: -- Requesting resync")

    assert printed.get() == "CP-7832-3PCC 00:0e:08:ab:cd:ef :cat: -- Requesting resync\n"
