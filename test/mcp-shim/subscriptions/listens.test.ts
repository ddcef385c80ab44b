import { type Client, SUBSCRIPTION_ID_META_KEY } from "@modelcontextprotocol/client";
import { describe, expect, test } from "vitest";
import {
  listens,
  MOST_LISTENS,
  type Subscriptions,
} from "../../../packages/mcp-shim/src/subscriptions/index.ts";
import { type Script, ScriptedDaemon } from "../support/scripted-daemon.ts";
import { emptyHome, GENERATIONS, startServer } from "../support/server-process.ts";

const QUEUE = "mtui://queue";
const OUTPUT = "mtui://job/run-1/output";

function page(cursor: number, events: readonly object[] = []) {
  return { result: { events, cursor, gap: false } };
}

/** Something happens once, as soon as somebody reads on. */
const SCRIPT: Script = ({ params }) => {
  if (params["from"] === undefined) return page(5);
  if (params["from"] !== 5) return "hang";
  const what = { at: 0, host: "a1", job: "run-1" };
  return page(7, [
    { seq: 5, type: "claim.granted", workspace: `${NAMESPACE}/desk`, ...what },
    { seq: 6, type: "job.output", workspace: `${NAMESPACE}/desk`, text: "x", ...what },
  ]);
};

const NAMESPACE = "tester";

/** What a client is told, in order; `until` waits for so many. */
function hearing(client: Client) {
  const told: string[] = [];
  let wanted = 0;
  let resolve = (): void => {};
  const tell = (what: string): void => {
    told.push(what);
    if (told.length >= wanted) resolve();
  };
  client.setNotificationHandler("notifications/resources/updated", ({ params }) => tell(params.uri));
  client.setNotificationHandler("notifications/resources/list_changed", () => tell("list"));
  return {
    told,
    until: (count: number): Promise<void> => {
      wanted = count;
      return new Promise((done) => {
        resolve = done;
        if (told.length >= count) done();
      });
    },
  };
}

describe("the program", { timeout: 30_000 }, () => {
  const started = { args: ["--namespace", NAMESPACE], limits: { followMs: 20 } };

  test("tells a client with a session of what it subscribed to, and nothing else", async () => {
    await using home = await emptyHome();
    await using daemon = await ScriptedDaemon.start(home.env, { script: SCRIPT });
    await using server = await startServer(home.env, { ...started, client: GENERATIONS["with sessions"] });
    const { told, until } = hearing(server.client);
    expect(server.client.getServerCapabilities()).toMatchObject({ resources: { subscribe: true } });
    await server.client.subscribeResource({ uri: QUEUE });
    await until(2);
    expect(told).toEqual([QUEUE, QUEUE]);
    expect(new Set(daemon.work)).toEqual(new Set(["list_events"]));
  });

  test("tells one without of what it listens to, under the name of that", async () => {
    await using home = await emptyHome();
    await using daemon = await ScriptedDaemon.start(home.env, { script: SCRIPT });
    await using server = await startServer(home.env, { ...started, client: GENERATIONS.stateless });
    const { told, until } = hearing(server.client);
    const filter = { resourceSubscriptions: [QUEUE, OUTPUT], resourcesListChanged: true };
    const subscription = await server.client.listen(filter);
    expect(subscription.honoredFilter).toEqual(filter);
    await until(6);
    expect(told).toEqual([QUEUE, OUTPUT, "list", QUEUE, OUTPUT, "list"]);
    expect(daemon.asked.find(({ method }) => method === "list_events")?.params).toMatchObject({
      output: true,
    });
    await subscription.close();
  });
});

describe("a listen of the stateless generation", () => {
  const log: unknown[] = [];
  const subscriptions = {
    set: (key: unknown, wish: unknown) => void log.push(["set", key, wish]),
    delete: (key: unknown) => void log.push(["delete", key]),
  } as Pick<Subscriptions, "set" | "delete"> as Subscriptions;
  const params = { notifications: { resourceSubscriptions: [QUEUE] } };
  const ack = {
    jsonrpc: "2.0" as const,
    method: "notifications/subscriptions/acknowledged",
    params: { ...params, _meta: { [SUBSCRIPTION_ID_META_KEY]: 7 } },
  };
  const listen = { jsonrpc: "2.0" as const, id: 7, method: "subscriptions/listen", params };
  const cancel = { jsonrpc: "2.0" as const, method: "notifications/cancelled", params: { requestId: 7 } };

  test("counts from its acknowledgement to its cancel", () => {
    log.length = 0;
    const ears = listens(subscriptions);
    ears.heard(listen);
    expect(log).toEqual([]);
    ears.said(ack);
    ears.heard(cancel);
    expect(log).toEqual([
      ["set", 7, { uris: [QUEUE], list: false }],
      ["delete", 7],
    ]);
  });

  test("that was cancelled or refused before that does not count", () => {
    log.length = 0;
    const ears = listens(subscriptions);
    ears.heard(listen);
    ears.heard(cancel);
    ears.said(ack);
    ears.heard(listen);
    ears.said({ jsonrpc: "2.0", id: 7, error: { code: -32_603, message: "Subscription limit reached" } });
    ears.said(ack);
    expect(log).toEqual([["delete", 7]]);
    expect(MOST_LISTENS).toBeLessThanOrEqual(32);
  });
});
