import { type ErrorReport, MtuiError } from "@mtui/core/protocol";
import { NOT_ENDED } from "../outcome.ts";

/* Why nothing is known of the end of a durable command. Its outcome is `lost` in each case. */

export function letGo(host: string): ErrorReport {
  return new MtuiError("daemon.stopping", `${host}: mtuid stops; the command goes on there.`, {
    hint: "Start mtuid again: it goes on following the command.",
    data: { host },
  }).toReport();
}

export function died(host: string, of: "runner" | "boot"): ErrorReport {
  const [what, reason] =
    of === "boot"
      ? ["the host was rebooted while the command was at work", "rebooted"]
      : ["what ran the command there was killed before the command ended", "runner_killed"];
  return new MtuiError("host.lost", `${host}: ${what}; whether it finished is unknown.`, {
    hint: `Look at the host before you run it again: ssh root@${host}`,
    data: { host, reason },
  }).toReport();
}

export function unreachable(host: string, seconds: number): ErrorReport {
  const how = seconds > 0 ? `could not be made again within ${seconds} s` : "ended before the command did";
  return new MtuiError(
    "host.lost",
    `${host}: the connection ${how}; whether the command finished is unknown.`,
    {
      hint: `Look at the host before you run it again: ssh root@${host}`,
      data: { host, reason: "unreachable" },
    },
  ).toReport();
}

export function unreached(host: string): ErrorReport {
  return new MtuiError(
    "host.lost",
    `${host} could not be reached to end the command: it may still be running there, under its lock.`,
    {
      hint: `It is ended as soon as ${host} is connected again. Until then: ssh root@${host}`,
      data: { host, reason: NOT_ENDED },
    },
  ).toReport();
}
