import type { ClientRequest, IncomingMessage } from "node:http";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { MtuiError } from "@mtui/core/protocol";
import { INVENTORY_BYTES } from "./load-file.ts";
import { safeUrl } from "./safe-url.ts";
import { trust } from "./trust.ts";

export interface FetchOptions {
  /** `mtui.ssl_verify` */
  verify: boolean | string;
  signal?: AbortSignal;
  limits?: Partial<FetchLimits>;
}

export interface FetchLimits {
  /** Milliseconds to a connection, TLS included. */
  connectMs: number;
  /** Milliseconds without a byte of the answer. */
  readMs: number;
  /** Milliseconds in all: a server that trickles has to end as well. */
  totalMs: number;
  bytes: number;
  redirects: number;
}

const LIMITS: FetchLimits = {
  connectMs: 5_000,
  readMs: 30_000,
  totalMs: 120_000,
  bytes: INVENTORY_BYTES,
  redirects: 3,
};

/**
 * GET with bounds on time and size. Redirects are followed a few times, never from https to http.
 * @throws MtuiError `inventory.unavailable`, with user and password taken out of the URL.
 */
export async function fetchInventory(url: string, options: FetchOptions): Promise<Buffer> {
  const limits = { ...LIMITS, ...options.limits };
  const overall = AbortSignal.timeout(limits.totalMs);
  const signal = options.signal === undefined ? overall : AbortSignal.any([options.signal, overall]);
  let at = new URL(url);
  for (let hop = 0; hop <= limits.redirects; hop += 1) {
    const response = await get(at, { verify: options.verify, signal, limits }).catch((cause: unknown) => {
      if (cause instanceof MtuiError) throw cause;
      if (options.signal?.aborted)
        throw new MtuiError("request.cancelled", "The download was cancelled.", { cause });
      const why = overall.aborted ? `no answer within ${limits.totalMs / 1000} s` : reason(cause);
      throw unavailable(at, why, cause);
    });
    if (!("location" in response)) return response.body;
    const next = URL.parse(response.location, at.href);
    if (next === null || !["http:", "https:"].includes(next.protocol))
      throw unavailable(at, "it redirects to no URL");
    if (at.protocol === "https:" && next.protocol === "http:")
      throw unavailable(at, "it redirects to plain http");
    at = next;
  }
  throw unavailable(at, `more than ${limits.redirects} redirects`);
}

type Answer = { body: Buffer } | { location: string };

async function get(
  url: URL,
  { verify, signal, limits }: { verify: boolean | string; signal: AbortSignal; limits: FetchLimits },
): Promise<Answer> {
  const headers = { accept: "text/yaml, application/yaml, text/plain, */*", "user-agent": "mtui" };
  const request =
    url.protocol === "https:"
      ? httpsRequest(url, { agent: false, headers, signal, ...trust(verify) })
      : httpRequest(url, { agent: false, headers, signal });
  const response = await responseTo(request, limits);
  const status = response.statusCode ?? 0;
  const { location } = response.headers;
  if (status >= 300 && status < 400 && location !== undefined) {
    response.destroy();
    return { location };
  }
  if (status < 200 || status >= 300) {
    response.destroy();
    throw new Error(`it answers ${status} ${response.statusMessage ?? ""}`.trim());
  }
  return { body: await bodyOf(response, limits) };
}

function responseTo(request: ClientRequest, { connectMs, readMs }: FetchLimits): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const connecting = setTimeout(
    () => request.destroy(new Error(`no connection within ${connectMs / 1000} s`)),
    connectMs,
  );
  request.on("socket", (socket) => {
    const event = "encrypted" in socket ? "secureConnect" : "connect";
    socket.once(event, () => {
      clearTimeout(connecting);
      socket.setTimeout(readMs, () => request.destroy(new Error(`silent for ${readMs / 1000} s`)));
    });
  });
  request.on("error", reject);
  request.on("close", () => clearTimeout(connecting));
  request.on("response", resolve);
  request.end();
  return promise;
}

async function bodyOf(response: IncomingMessage, { bytes }: FetchLimits): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > bytes) {
      response.destroy();
      throw new Error(`it is longer than ${bytes} bytes`);
    }
    chunks.push(chunk);
  }
  if (!response.complete) throw new Error("it ended in the middle");
  return Buffer.concat(chunks);
}

function reason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const code = (cause as NodeJS.ErrnoException).code;
  return cause.message || code || cause.name;
}

function unavailable(url: URL, why: string, cause?: unknown): MtuiError {
  return new MtuiError("inventory.unavailable", `${safeUrl(url)} gives no inventory: ${why}.`, {
    cause,
    retryable: true,
    hint: "Check refhosts.https_uri and mtui.ssl_verify in mtui.yaml, or use a file: refhosts.resolvers, refhosts.path.",
    data: { url: safeUrl(url) },
  });
}
