import {
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  type Server,
} from "@modelcontextprotocol/server";
import { placeOf } from "../resources/index.ts";
import type { Subscriptions } from "./subscriptions.ts";
import { MOST_URIS } from "./wishes.ts";

/** In the generation with sessions all subscriptions are one that grows and shrinks. */
const SESSION = Symbol("session");

/** Subscriptions of one server: its requests in the generation with sessions, what is told in both. */
export function installSubscriptions(server: Server, subscriptions: Subscriptions): void {
  subscriptions.attach({
    // A client that is gone has no use for it.
    updated: (uri) => void server.sendResourceUpdated({ uri }).catch(() => {}),
    listChanged: () => void server.sendResourceListChanged().catch(() => {}),
  });
  server.onclose = () => subscriptions.clear();
  const uris = (): readonly string[] => subscriptions.get(SESSION)?.uris ?? [];
  server.setRequestHandler("resources/subscribe", ({ params: { uri } }) => {
    if (placeOf(uri) === null) throw new ResourceNotFoundError(uri);
    if (uris().includes(uri)) return {};
    if (uris().length >= MOST_URIS)
      throw new ProtocolError(
        ProtocolErrorCode.InvalidParams,
        `There are ${MOST_URIS} subscriptions, which is all that one client may have; resources/unsubscribe ends one.`,
      );
    subscriptions.set(SESSION, { uris: [...uris(), uri], list: false });
    return {};
  });
  server.setRequestHandler("resources/unsubscribe", ({ params: { uri } }) => {
    const left = uris().filter((each) => each !== uri);
    if (left.length === 0) subscriptions.delete(SESSION);
    else subscriptions.set(SESSION, { uris: left, list: false });
    return {};
  });
}
