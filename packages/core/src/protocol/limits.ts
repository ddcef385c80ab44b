/**
 * Every limit of the wire in one place (docs/formats/wire.md, "Limits"). Both ends hold themselves to
 * them; a breach by the other end is answered and closes the connection.
 */
export interface WireLimits {
  /** Bytes of one message without its newline, in either direction. */
  readonly lineBytes: number;
  /** Requests of one connection that have no reply yet. */
  readonly callsInFlight: number;
  /** Clients at a time. */
  readonly connections: number;
  /** Bytes of a request id that is a string. */
  readonly idBytes: number;
  /** Bytes of a method name. */
  readonly methodBytes: number;
  /** Milliseconds between two `$/progress` of one call: four a second. */
  readonly progressMs: number;
  /** Replies waiting for a client that does not read; beyond that it is cut off. */
  readonly queuedBytes: number;
  /** Milliseconds from connecting to `hello`. */
  readonly helloMs: number;
  /** Milliseconds in which a refused client may still read why. */
  readonly lingerMs: number;
}

export const WIRE_LIMITS: WireLimits = {
  lineBytes: 8 * 1024 * 1024,
  callsInFlight: 64,
  connections: 64,
  idBytes: 128,
  methodBytes: 128,
  progressMs: 250,
  queuedBytes: 64 * 1024 * 1024,
  helloMs: 10_000,
  lingerMs: 1_000,
};
