import { Client, type ConnectConfig } from "ssh2";
import { MtuiError, toMtuiError } from "@mtui/core/protocol";
import type { Duplex } from "node:stream";
import { unlessAborted } from "../unless-aborted.ts";
import { authMethods } from "./auth/identities.ts";
import { openSocket } from "./coalesce.ts";
import { CIPHERS } from "./algorithms.ts";
import { hostKeyPolicy, type UnknownHostPolicy } from "./host-key-policy.ts";
import type { Log } from "./log.ts";
import { Ssh2Transport } from "./ssh2-transport.ts";
import { type SshTarget, sshCommandLine } from "./target.ts";
import type { Transport } from "./transport.ts";

/** A peer that answers no keep-alive for this long is gone: a frozen link shows in no other way. */
const KEEPALIVE_MS = 10_000;
const KEEPALIVE_MISSES = 3;

export interface ConnectOptions {
  readonly unknownHosts: UnknownHostPolicy;
  /** Seconds for TCP, key exchange and authentication together. */
  readonly timeoutSeconds: number;
  readonly agentSocket: string | undefined;
  readonly log: Log;
  readonly signal?: AbortSignal;
  /** A stream to the host's sshd in place of a TCP connection (ProxyJump). */
  readonly sock?: Duplex;
}

/**
 * One authenticated connection.
 * @throws MtuiError host.unreachable, host.auth, host.key, request.cancelled
 */
export async function connect(target: SshTarget, options: ConnectOptions): Promise<Transport> {
  const { signal } = options;
  if (signal?.aborted) throw cancelled(target);
  const files = Promise.all([
    hostKeyPolicy(target, { unknown: options.unknownHosts, log: options.log }),
    authMethods(target, { agentSocket: options.agentSocket, log: options.log }),
  ]);
  const [policy, methods] = await unlessAborted(files, { signal });
  // Nobody is told twice: a signal that fired while the files were read does not fire for a new listener.
  if (signal?.aborted) throw cancelled(target);
  if (methods.length === 0) throw noKeys(target);
  const client = new Client();
  const sock = options.sock ?? openSocket({ host: target.hostName, port: target.port });
  let keyRefused: MtuiError | null = null;
  const config: ConnectConfig = {
    sock,
    username: target.user,
    authHandler: methods,
    readyTimeout: options.timeoutSeconds * 1000,
    keepaliveInterval: KEEPALIVE_MS,
    keepaliveCountMax: KEEPALIVE_MISSES,
    algorithms: { cipher: [...CIPHERS], serverHostKey: policy.order },
    hostVerifier: (key: Buffer, answer: (accepted: boolean) => void): void => {
      policy.verify(key).then(
        () => answer(true),
        (error: unknown) => {
          keyRefused = toMtuiError(error);
          answer(false);
        },
      );
    },
  };
  return await new Promise<Transport>((resolve, reject) => {
    const fail = (error: MtuiError): void => {
      settle();
      client.destroy();
      sock.destroy();
      reject(error);
    };
    const onAbort = (): void => fail(cancelled(target));
    // ssh2 limits the handshake, not a TCP connection that hangs; this limits both.
    const timer = setTimeout(
      () => fail(timedOut(target, options.timeoutSeconds)),
      options.timeoutSeconds * 1000,
    );
    const onClose = (): void =>
      fail(keyRefused ?? unreachable(target, new Error("the connection was closed before it was ready")));
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      client.off("close", onClose);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    // ssh2 may report an error twice, also long after the end; an unheard one would end the process.
    client.on("error", (error: Error & { level?: string }) => fail(keyRefused ?? explain(target, error)));
    client.once("close", onClose);
    client.once("ready", () => {
      settle();
      resolve(new Ssh2Transport(client, { target, socket: sock }));
    });
    try {
      client.connect(config);
    } catch (error) {
      fail(unreachable(target, error instanceof Error ? error : new Error(String(error))));
    }
  });
}

function explain(target: SshTarget, error: Error & { level?: string }): MtuiError {
  if (error.level === "client-authentication") return denied(target, error);
  return unreachable(target, error);
}

function tryIt(target: SshTarget): string {
  return `Try it by hand: ${sshCommandLine(target)}`;
}

function denied(target: SshTarget, cause: Error): MtuiError {
  return new MtuiError(
    "host.auth",
    `${target.name} does not let ${target.user} in: none of the offered keys was accepted.`,
    {
      hint: tryIt(target),
      data: { host: target.name, user: target.user },
      cause,
    },
  );
}

function noKeys(target: SshTarget): MtuiError {
  return new MtuiError(
    "host.auth",
    `There is no key to offer to ${target.name}: no agent, and no usable identity file.`,
    {
      hint: `Load a key with ssh-add, then: ${sshCommandLine(target)}`,
      data: { host: target.name, user: target.user },
    },
  );
}

function timedOut(target: SshTarget, seconds: number): MtuiError {
  return unreachable(target, new Error(`no connection within ${seconds} s`));
}

function unreachable(target: SshTarget, cause: Error): MtuiError {
  return new MtuiError(
    "host.unreachable",
    `Cannot connect to ${target.name} (${target.key}): ${cause.message || "connection failed"}`,
    {
      hint: tryIt(target),
      data: { host: target.name },
      retryable: true,
      cause,
    },
  );
}

function cancelled(target: SshTarget): MtuiError {
  return new MtuiError("request.cancelled", `Connecting to ${target.name} was cancelled.`);
}
