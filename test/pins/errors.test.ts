import { ERROR_KINDS } from "@mtui/core/protocol";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

/** Kinds, codes and exit codes are the contract: adding is free, changing breaks somebody's script. */
test("the table of errors", () => {
  const table = Object.entries(ERROR_KINDS).map(([kind, { code, exit }]) => `${kind} ${code} ${exit}`);
  expect(table).toEqual([
    "protocol.parse -32700 5",
    "protocol.invalid -32600 5",
    "protocol.limit -32001 5",
    "method.unknown -32601 2",
    "params.invalid -32602 2",
    "internal -32603 1",
    "request.cancelled -32800 130",
    "request.timeout -32010 4",
    "config.invalid -32020 2",
    "config.mismatch -32021 2",
    "rrid.invalid -32030 2",
    "template.notFound -32031 3",
    "template.invalid -32032 1",
    "template.unsafe -32033 1",
    "report.changed -32034 1",
    "report.io -32035 1",
    "inventory.unavailable -32040 1",
    "inventory.invalid -32041 1",
    "pool.unsatisfiable -32042 3",
    "workspace.name -32050 2",
    "workspace.unknown -32051 3",
    "workspace.busy -32052 4",
    "workspace.occupied -32053 1",
    "workspace.empty -32054 1",
    "workspace.closed -32055 1",
    "lease.lost -32056 1",
    "permission.denied -32057 1",
    "host.unknown -32060 3",
    "host.none -32061 3",
    "host.busy -32062 4",
    "host.unreachable -32063 1",
    "host.auth -32064 1",
    "host.key -32065 1",
    "host.unsupported -32066 1",
    "host.dirty -32067 1",
    "host.lost -32068 1",
    "claim.lost -32069 1",
    "lock.foreign -32070 4",
    "lock.lost -32071 1",
    "lock.io -32072 1",
    "wait.timeout -32073 4",
    "deadlock -32074 4",
    "job.unknown -32080 3",
    "job.running -32081 4",
    "job.finished -32082 1",
    "job.limit -32083 4",
    "job.cancelled -32084 1",
    "job.lost -32085 1",
    "operation.failed -32090 1",
    "outcome.unknown -32091 1",
    "file.notFound -32110 3",
    "file.unsafe -32111 1",
    "file.tooLarge -32112 1",
    "daemon.unreachable -32100 5",
    "daemon.version -32101 5",
    "daemon.stopping -32102 5",
    "state.io -32103 1",
  ]);
});

test("codes tell kinds apart", () => {
  const codes = Object.values(ERROR_KINDS).map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
});

test("the documentation has every kind with its code and exit code", () => {
  const text = readFileSync(join(import.meta.dirname, "../../docs/formats/errors.md"), "utf8");
  const rows = [...text.matchAll(/^\| `([^`]+)` \| (-\d+) \| (\d+) \|/gm)].map(
    ([, kind, code, exit]) => `${kind} ${code} ${exit}`,
  );
  const table = Object.entries(ERROR_KINDS).map(([kind, { code, exit }]) => `${kind} ${code} ${exit}`);
  expect(rows).toEqual(table);
});
