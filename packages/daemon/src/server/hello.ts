import { lstatSync } from "node:fs";
import { BUILD, commonProtocol, MtuiError, PROTOCOL_RANGE, VERSION } from "@mtui/core/protocol";
import type { HelloParams, HelloResult } from "./options.ts";

/** What daemons of the first release could not do; a client that relies on one looks for it here. */
const FEATURES = ["idempotency", "heartbeat", "namespaces"] as const;

export interface HelloFacts {
  daemonId: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
  /** Configuration files in force. */
  config: readonly string[];
  counts: () => { active_jobs: number; workspaces: number };
  /** Grants the client its namespace; asked only when nothing else refuses it. */
  namespace?: () => string | null;
  /** @default 20 000 */
  replyBytes?: number;
  release?: { version: string; build: string };
}

/**
 * Who we are, for a client that we can talk to (docs/formats/wire.md, "Hello").
 * @throws MtuiError `daemon.version` when no protocol version is common, `config.mismatch` when the
 *   client was told to use another configuration than ours.
 */
export function answerHello(params: HelloParams, facts: HelloFacts): HelloResult {
  const { version, build } = facts.release ?? { version: VERSION, build: BUILD };
  const counts = facts.counts();
  const protocol = commonProtocol(params.protocol, PROTOCOL_RANGE);
  if (protocol === null) throw noCommonProtocol(params, version);
  if (params.config !== null && !(facts.config.length === 1 && facts.config[0] === params.config)) {
    throw otherConfig(params.config, facts.config);
  }
  return {
    protocol,
    version,
    build,
    pid: process.pid,
    daemon_id: facts.daemonId,
    started_at: facts.startedAt,
    config: [...facts.config],
    ...counts,
    namespace: facts.namespace === undefined ? params.client.namespace : facts.namespace(),
    reply_bytes: facts.replyBytes ?? 20_000,
    features: [...FEATURES],
    warning: skewWarning(params, { version, build, busy: counts.active_jobs > 0 || counts.workspaces > 0 }),
  };
}

/** An agent's socket that the client offers: only one of this user's is ever asked. */
export function usableAgentSocket(path: string | null): string | null {
  if (path === null) return null;
  try {
    const stat = lstatSync(path);
    return stat.isSocket() && stat.uid === process.getuid?.() ? path : null;
  } catch {
    return null;
  }
}

function skewWarning(
  client: { version: string; build: string },
  ours: { version: string; build: string; busy: boolean },
): string | null {
  const builds = [client.build, ours.build];
  const same = client.version === ours.version && (builds.includes("source") || client.build === ours.build);
  if (same) return null;
  const until = ours.busy
    ? "it is replaced when its work is done and no workspace is left, or now, with all that goes on: mtuictl daemon restart"
    : "stop it to change that: mtuictl daemon stop";
  return `mtuid is ${ours.version} (${ours.build}), this program ${client.version} (${client.build}); ${until}.`;
}

function noCommonProtocol(params: HelloParams, version: string): MtuiError {
  const asked = `${params.protocol.min}..${params.protocol.max}`;
  return new MtuiError(
    "daemon.version",
    `mtuid ${version} and this program ${params.version} share no protocol.`,
    {
      hint: "When its jobs are done: mtuictl daemon stop; the next command starts the right one.",
      data: { ours: `${PROTOCOL_RANGE.min}..${PROTOCOL_RANGE.max}`, asked },
    },
  );
}

function otherConfig(asked: string, files: readonly string[]): MtuiError {
  const ours = files.length === 0 ? "the built-in defaults" : files.join(" and ");
  return new MtuiError("config.mismatch", `mtuid runs with ${ours}, not with ${asked}.`, {
    hint: "Leave --config and MTUI_CONF away, or restart it when its jobs are done: mtuictl daemon stop",
    data: { asked, in_force: [...files] },
  });
}
