import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/server";

/**
 * Hears what a transport that is being served carries, before the server does.
 * @returns settles when the transport gives up by itself: its input has ended, or was more than it bears
 */
export function overhear(transport: Transport, hear: (message: JSONRPCMessage) => void): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const { onmessage, onclose } = transport;
  transport.onmessage = (message, extra) => {
    hear(message);
    onmessage?.(message, extra);
  };
  transport.onclose = () => {
    onclose?.();
    resolve("the conversation is over");
  };
  return promise;
}
