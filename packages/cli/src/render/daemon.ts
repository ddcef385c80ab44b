import type { ResultOf } from "@mtui/core/registry";
import { oneLine } from "../terminal/sanitise.ts";
import { table } from "../terminal/table.ts";
import { ago, bytes } from "@mtui/core/text";
import type { View } from "./view.ts";

export function renderDaemonStatus(status: ResultOf<"daemon_status">, view: View): string[] {
  return [
    view.style.green(`mtuid ${oneLine(status.version)} is running`),
    ...table(
      [
        ["pid", String(status.pid)],
        ["started", ago(status.started_at, view.now)],
        ["build", oneLine(status.build)],
        ["daemon id", oneLine(status.daemon_id)],
        ["socket", oneLine(status.socket)],
        ["state", oneLine(status.state_dir)],
        ["log", oneLine(status.log)],
        ["configuration", status.config.map(oneLine).join(", ") || "none; defaults"],
        ["workspaces", String(status.workspaces)],
        ["active jobs", String(status.active_jobs)],
        ["ssh connections", String(status.connections)],
        ["clients", String(status.clients)],
        ["memory", bytes(status.rss)],
      ],
      { indent: 2 },
    ),
  ];
}

export function renderWhoami(result: ResultOf<"whoami">): string[] {
  const namespace = result.namespace === null ? "" : ` in namespace ${oneLine(result.namespace)}`;
  return [
    `User: ${oneLine(result.user)}, client: ${oneLine(result.client)}${namespace}, mtuid pid: ${result.daemon_pid}`,
  ];
}
