"""``ringback profile``: check, show, compare, seal and open profiles."""

from cyclopts import App

app = App(name="profile", help="Read, check, compare, seal and open profiles.")

app.command("ringback.cli.envelopes:seal", name="seal")
app.command("ringback.cli.envelopes:open_", name="open")
