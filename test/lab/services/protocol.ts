/** What the services process is told, one JSON message a line on its standard input. */
export type ServiceRequest =
  | { id: number; do: "wire"; name: string; listen: Endpoint; target: Endpoint }
  | { id: number; do: "fault"; name: string; fault: WireFault }
  | { id: number; do: "cut"; name: string }
  | { id: number; do: "http"; root: string };

export interface Endpoint {
  host: string;
  port: number;
}

/**
 * How a host's wire behaves.
 * - `delayMs`: every chunk arrives that much later, in order.
 * - `freeze`: nothing moves in either direction and nobody is told; what was sent arrives when it ends.
 * - `halfOpen`: the host's end is closed and the client hears nothing of it, as after a power cut.
 * - `refuse`: nobody listens. `swallow`: connections are accepted and never answered.
 * - `cutAfterBytes`: the connection breaks after that many bytes from the host.
 */
export interface WireFault {
  delayMs?: number;
  freeze?: boolean;
  halfOpen?: boolean;
  refuse?: boolean;
  swallow?: boolean;
  cutAfterBytes?: number;
}

export type ServiceReply = { id: number; ok: true; port?: number } | { id: number; ok: false; error: string };
