export const HELP = `mtui-mcp: validates maintenance updates for AI agents, over MCP on standard input and output.

Usage: mtui-mcp [options]

  --namespace NAME   whose workspaces are changed; default: one of the client and this directory
  --profile NAME     full (default), core (the workflow of an update), read-only (nothing that changes anything)
  --allow NAME,...   more than the profile has: a tool, or takeover, unlock_force, foreign (other namespaces)
  --deny TOOL,...    without these tools, whatever else is said
  --confirm          ask the client's person before reboots, takeovers, forced unlocks and closes, and foreign workspaces
  --config FILE      a configuration that the daemon must be running with
  --help, --version

The variables MTUI_NAMESPACE, MTUI_MCP_PROFILE, MTUI_MCP_ALLOW, MTUI_MCP_DENY, MTUI_MCP_CONFIRM and MTUI_CONF say the same; an
option wins. It is started by an MCP client, not by hand.
`;
