import {
  isJSONRPCErrorResponse,
  isJSONRPCNotification,
  isJSONRPCRequest,
  SUBSCRIPTION_ID_META_KEY,
  type SubscriptionsAcknowledgedNotification,
} from "@modelcontextprotocol/server";
import type { Ears } from "../overhear.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** Open `subscriptions/listen` of one client; a further one is refused. */
export const MOST_LISTENS = 32;

/**
 * Subscriptions of the stateless generation. There `subscriptions/listen` is served by the SDK's transport
 * entry, which filters what is told but hands the wishes to nobody: they are read off its acknowledgement, which says
 * what it honours. A cancel may be heard before that.
 */
export function listens(subscriptions: Subscriptions): Ears {
  const asked = new Set<unknown>();
  return {
    heard(message) {
      if (isJSONRPCRequest(message) && message.method === "subscriptions/listen") asked.add(message.id);
      if (!isJSONRPCNotification(message) || message.method !== "notifications/cancelled") return;
      const id = message.params?.["requestId"];
      asked.delete(id);
      subscriptions.delete(id);
    },
    said(message) {
      if (isJSONRPCErrorResponse(message)) asked.delete(message.id);
      if (!isJSONRPCNotification(message)) return;
      if (message.method !== "notifications/subscriptions/acknowledged") return;
      const { notifications, _meta } = message.params as SubscriptionsAcknowledgedNotification["params"];
      const id = _meta?.[SUBSCRIPTION_ID_META_KEY];
      if (!asked.delete(id)) return;
      const { resourceSubscriptions: uris = [], resourcesListChanged: list = false } = notifications;
      if (uris.length > 0 || list) subscriptions.set(id, { uris, list });
    },
  };
}
