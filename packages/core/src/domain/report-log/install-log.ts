/** One command of a host's log, as far as install logs need it. */
export interface LoggedCommand {
  readonly command: string;
  readonly exit: number | null;
  readonly state: string;
  readonly stdout: string;
  readonly stderr: string;
}

const TOOLS = /\b(?:zypper |transactional-update\b|yum )/;

/**
 * A host's install log (docs/formats/report-export.md, "Install logs"): every package command with
 * its output; how it ended where that was not success.
 */
export function installLogText(host: string, commands: readonly LoggedCommand[]): string {
  const entries = commands.filter(({ command }) => TOOLS.test(command)).map(entryText);
  return `${[`log from ${host}:`, ...entries].join("\n")}\n`;
}

function entryText({ command, exit, state, stdout, stderr }: LoggedCommand): string {
  const text = `# ${plain(command)}\n${plain(stdout)}`.trimEnd();
  if (state === "ok") return text;
  const end = exit === null ? state : `exit ${exit}`;
  const error = plain(stderr).trimEnd();
  return `${text}\n# ${end}${error === "" ? "" : `\n${error}`}`;
}

/** Reports are read in terminals: what moves a cursor or rings a bell stays out. */
function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- finding them is the purpose
  return text
    .replaceAll(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, "")
    .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");
}
