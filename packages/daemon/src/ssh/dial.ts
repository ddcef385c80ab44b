import { MtuiError } from "@mtui/core/protocol";
import { unlessAborted } from "../unless-aborted.ts";
import type { ResolveTarget } from "./config/resolver.ts";
import { connect } from "./connect.ts";
import type { UnknownHostPolicy } from "./host-key-policy.ts";
import type { Log } from "./log.ts";
import type { SshTarget } from "./target.ts";
import type { RemoteShell, Transport } from "./transport.ts";
import type { Duplex } from "node:stream";

export interface DialSettings {
  readonly resolve: ResolveTarget;
  readonly unknownHosts: UnknownHostPolicy;
  /** Seconds; ssh_config's ConnectTimeout wins. */
  readonly connectTimeoutSeconds: number;
  /** The agent that applies now, where ssh_config names none. */
  readonly authSock: () => string | undefined;
  readonly log: Log;
}

const MAX_HOPS = 8;

export type Dial = (
  route: readonly SshTarget[],
  settings: DialSettings,
  options?: { signal?: AbortSignal },
) => Promise<Transport>;

/**
 * A connection to the last of a route, through the others. Closing it closes its hops.
 * @param route as `routeTo` gives it
 * @throws MtuiError host.unreachable, host.auth, host.key, host.unsupported, request.cancelled
 */
export const dial: Dial = async (route, settings, options = {}) => {
  const open: Transport[] = [];
  try {
    for (const each of route) open.push(await step(each, open.at(-1), { settings, ...options }));
    const last = open.pop();
    if (last === undefined) throw new MtuiError("internal", "A connection to nowhere was asked for.");
    return open.length === 0 ? last : new JumpedTransport(last, open);
  } catch (error) {
    // The way is of no use: nobody waits for its goodbyes.
    for (const each of open.toReversed()) each.destroy();
    throw error;
  }
};

async function step(
  target: SshTarget,
  through: Transport | undefined,
  options: { settings: DialSettings; signal?: AbortSignal },
): Promise<Transport> {
  const { settings, signal } = options;
  const { hostName, port } = target;
  const late = (channel: Duplex): void => void channel.destroy();
  const sock = through && (await unlessAborted(through.forward(hostName, port), { signal, late }));
  return await connect(target, {
    unknownHosts: settings.unknownHosts,
    timeoutSeconds: target.connectTimeout ?? settings.connectTimeoutSeconds,
    agentSocket: agentSocket(target, settings),
    log: settings.log,
    ...(signal === undefined ? {} : { signal }),
    ...(sock === undefined ? {} : { sock }),
  });
}

function agentSocket(target: SshTarget, settings: DialSettings): string | undefined {
  if (target.identityAgent === "none") return undefined;
  if (target.identityAgent === null || target.identityAgent === "SSH_AUTH_SOCK") return settings.authSock();
  return target.identityAgent;
}

/**
 * The machines on the way to a target, itself the last. Each ProxyJump host is resolved by ssh_config
 * like any other host; the first may have a ProxyJump of its own.
 * @throws MtuiError host.unsupported, host.unknown
 */
export async function routeTo(target: SshTarget, resolve: ResolveTarget): Promise<SshTarget[]> {
  const chain: SshTarget[] = [];
  let next: readonly string[] = target.jumps;
  while (next.length > 0) {
    const hops = await Promise.all(next.map(async (name) => await resolve(name, { allowUser: true })));
    chain.unshift(...hops);
    if (chain.length > MAX_HOPS) throw tooManyHops(target);
    next = hops[0]?.jumps ?? [];
  }
  return [...chain, target];
}

function tooManyHops(target: SshTarget): MtuiError {
  return new MtuiError(
    "host.unsupported",
    `ProxyJump of ${target.name} leads through more than ${MAX_HOPS} hosts, or in a circle.`,
    {
      hint: `See what applies with: ssh -G ${target.name}`,
    },
  );
}

/** The last connection, owning those that it runs through. */
class JumpedTransport implements Transport {
  readonly #last: Transport;
  readonly #hops: readonly Transport[];

  constructor(last: Transport, hops: readonly Transport[]) {
    this.#last = last;
    this.#hops = hops;
    void last.closed.then(async () => await this.#closeHops());
  }

  get connected(): boolean {
    return this.#last.connected;
  }

  get closed(): Promise<MtuiError> {
    return this.#last.closed;
  }

  async openShell(options?: { reserved?: boolean; signal?: AbortSignal }): Promise<RemoteShell> {
    return await this.#last.openShell(options);
  }

  async forward(host: string, port: number): Promise<Duplex> {
    return await this.#last.forward(host, port);
  }

  async close(): Promise<void> {
    await this.#last.close();
    await this.#closeHops();
  }

  destroy(): void {
    this.#last.destroy();
    for (const hop of this.#hops.toReversed()) hop.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #closeHops(): Promise<void> {
    for (const hop of this.#hops.toReversed()) await hop.close();
  }
}
