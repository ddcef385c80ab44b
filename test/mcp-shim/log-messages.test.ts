import type { LoggingMessageNotification } from "@modelcontextprotocol/client";
import { expect, test } from "vitest";
import { emptyHome, startServer } from "./support/server-process.ts";

const NOTICE = "mtuid was not running; starting it.";

test("what people should know of the daemon is a log message, too, from the level on that the client wants", async () => {
  await using home = await emptyHome();
  await using server = await startServer(home.env, { limits: {} });
  const heard: LoggingMessageNotification["params"][] = [];
  server.client.setNotificationHandler("notifications/message", ({ params }) => void heard.push(params));
  expect(await server.call("list_hosts")).toMatchObject({ isError: true });
  expect(heard).toEqual([{ level: "notice", logger: "mtui-mcp", data: NOTICE }]);
  expect(server.stderr()).toContain(NOTICE);

  await server.client.setLoggingLevel("warning");
  expect(await server.call("list_hosts")).toMatchObject({ isError: true });
  expect(heard).toHaveLength(1);
});
