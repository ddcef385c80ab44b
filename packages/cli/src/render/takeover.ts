import type { ResultOf } from "@mtui/core/registry";
import { oneLine } from "../terminal/sanitise.ts";
import type { View } from "./view.ts";

export function renderTakeover(result: ResultOf<"takeover">, { style }: View): string[] {
  const { host, workspace, claim, from, cancelled_jobs: cancelled, warnings } = result;
  const ended = cancelled.map((id) => `${oneLine(id)}: cancelled`);
  return [
    ...ended,
    `${oneLine(host)} is workspace ${oneLine(workspace)}'s now (claim ${oneLine(claim)}); ${oneLine(from.workspace)} is told why.`,
    ...warnings.map((warning) => style.yellow(`warning: ${oneLine(warning)}`)),
  ];
}
