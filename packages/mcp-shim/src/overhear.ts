import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/server";

/** The two directions of a conversation: what the client says, and what it is told. */
export interface Ears {
  readonly heard: (message: JSONRPCMessage) => void;
  readonly said: (message: JSONRPCMessage) => void;
}

/**
 * Hears what a transport that is being served carries, before the server or the client does.
 * @returns settles when the transport gives up by itself: its input has ended, or was more than it bears
 */
export function overhear(transport: Transport, ears: Ears): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const { onmessage, onclose } = transport;
  const send = transport.send.bind(transport);
  transport.onmessage = (message, extra) => {
    ears.heard(message);
    onmessage?.(message, extra);
  };
  transport.send = (message, options) => {
    ears.said(message);
    return send(message, options);
  };
  transport.onclose = () => {
    onclose?.();
    resolve("the conversation is over");
  };
  return promise;
}
