/** Keys of `mtui.cfg` that have no meaning here, with what to do instead; people bring them along. */
const FORMER: Readonly<Record<string, string>> = {
  "mtui.connection_timeout": "it belongs to the section connection",
  "mtui.tempdir": "nothing uses it; remove it",
  "mtui.chdir_to_template_dir": "the daemon has no working directory of yours; remove it",
  "mtui.use_keyring": "nothing uses it; remove it",
  "lock.pi_autolock": "hosts are locked by claims; remove it",
  "target.testsuitedir": "nothing uses it; remove it",
  qem_dashboard: "this program does not ask the dashboard; remove the section",
  teregen: "this program does not generate reports; remove the section",
  obs: "this program does not do reviews; remove the section",
  openqa: "this program does not ask openQA; remove the section",
};

/** Keys that files of `mtui` may have in sections of ours: they are read over, and said in the log. */
const IGNORED: Readonly<Record<string, string>> = {
  "mcp.session_cap": "mtui-mcp serves one client a process",
  "mcp.session_idle_timeout": "workspaces have leases instead",
  "mcp.tool_profile": "start mtui-mcp with --profile",
  "mcp.tools_allow": "start mtui-mcp with --allow",
  "mcp.tools_deny": "start mtui-mcp with --deny",
  "mcp.max_output_bytes": "mcp.reply_bytes bounds a reply",
};

export function ignoredKey(name: string): string | null {
  return Object.hasOwn(IGNORED, name) ? (IGNORED[name] ?? null) : null;
}

export function formerKey(name: string): string | null {
  return Object.hasOwn(FORMER, name) ? (FORMER[name] ?? null) : null;
}
