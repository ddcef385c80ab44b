import { expect, test } from "vitest";
import { peerAndWire } from "../core/protocol/pair.ts";

test("a handler that returns nothing is a fault of ours, not an empty reply to make a confirmation of", async () => {
  await using wire = await peerAndWire({ service: { handle: async () => undefined } });
  wire.send({ jsonrpc: "2.0", id: 1, method: "unlock", params: {} });
  const line = await wire.next();
  expect(line).toMatchObject({ id: 1, error: { data: { kind: "internal" } } });
  expect(line?.error?.message).toContain("unlock");
});
