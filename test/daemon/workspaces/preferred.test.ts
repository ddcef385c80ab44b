import { expect, test } from "vitest";
import { resolveCandidates } from "../../../packages/daemon/src/workspaces/candidates.ts";

const slot = { product: "SLES", version: "15-SP6", arch: "x86_64", addons: [] };

test("a host that the report names reaches the arbiter as preferred", async () => {
  const connector = {
    resolve: async (name: string) =>
      ({ name, key: `${name}:22`, hostName: name, port: 22, user: "root" }) as never,
  };
  const wanted = [
    {
      slot,
      candidates: [
        { name: "ant", row: null },
        { name: "bee", row: null, preferred: true },
      ],
    },
  ];
  const { slots } = await resolveCandidates(wanted, connector);
  expect(slots[0]?.candidates).toEqual([
    { key: "ant:22", name: "ant", preferred: false },
    { key: "bee:22", name: "bee", preferred: true },
  ]);
});
