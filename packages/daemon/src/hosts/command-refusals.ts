import { printable } from "@mtui/core/domain";
import { type ErrorReport, MtuiError } from "@mtui/core/protocol";
import { MAX_COMMAND_BYTES } from "../ssh/command-script.ts";
import { isDurableId } from "./durable/script.ts";
import { reasonOf } from "./shell-lock-port.ts";

/** Nothing was run, for the reason that the script gave. */
export function notRun(reason: string, { host, lockDir }: { host: string; lockDir: string }): ErrorReport {
  const data = { host };
  if (reason.startsWith("home")) return noHome(host, reason.slice(5));
  switch (reason) {
    case "busy":
      return new MtuiError(
        "host.busy",
        `${host}: another command of mtuid is still changing this host; nothing was run.`,
        {
          hint: `See what runs: ssh root@${host} fuser -v ${lockDir}/mtui.fence`,
          data,
          retryable: true,
        },
      ).toReport();
    case "cancelled":
      return new MtuiError("request.cancelled", `${host}: cancelled before it began; nothing was run.`, {
        data,
      }).toReport();
    case "flock":
      return new MtuiError(
        "host.unsupported",
        `${host}: its flock program (util-linux) cannot be run; nothing was run.`,
        { hint: `Install it: ssh root@${host} zypper install util-linux`, data },
      ).toReport();
    default:
      return new MtuiError(
        "lock.io",
        `${host}: the fence file in ${lockDir} cannot be used; nothing was run.`,
        {
          hint: `Look at it: ssh root@${host} ls -l ${lockDir}`,
          data,
        },
      ).toReport();
  }
}

function noHome(host: string, reason: string): ErrorReport {
  const why = printable(reasonOf(reason));
  return new MtuiError(
    "lock.io",
    `${host}: what a command needs cannot be written into ~/.mtuid (${why}); nothing was run.`,
    { hint: `Look at it: ssh root@${host} 'df ~; df -i ~; ls -lad ~/.mtuid'`, data: { host, reason: why } },
  ).toReport();
}

/** Null for a good one. */
export function badId(id: string): ErrorReport | null {
  if (isDurableId(id)) return null;
  return new MtuiError("internal", `A command cannot have the id ${printable(id)}.`).toReport();
}

/** Why a command cannot be sent at all; null when it can. */
export function refusal(command: string): ErrorReport | null {
  const hint = "Put long scripts into a file, and no NUL bytes into a command.";
  if (command.includes("\0"))
    return new MtuiError("params.invalid", "A command cannot contain a NUL byte.", { hint }).toReport();
  if (Buffer.byteLength(command) <= MAX_COMMAND_BYTES) return null;
  return new MtuiError("params.invalid", `A command may have ${MAX_COMMAND_BYTES} bytes at most.`, {
    hint,
  }).toReport();
}
