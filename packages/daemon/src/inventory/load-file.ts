import { open } from "node:fs/promises";
import { INVENTORY_LIMITS, parseInventory, type RefHost } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";

/** An inventory with where it came from. */
export interface Found {
  hosts: readonly RefHost[];
  /** Rows that were left out, sources that failed. */
  warnings: readonly string[];
  source: string;
}

export const INVENTORY_BYTES = INVENTORY_LIMITS.characters;
const WARNED_ROWS = 20;

/** @throws MtuiError `inventory.unavailable` (cannot be read), `inventory.invalid` (no inventory). */
export async function loadInventoryFile(path: string): Promise<Found> {
  const text = decode(await readBounded(path), path);
  const { hosts, dropped } = parseInventory(text, { source: path });
  const rows = dropped
    .slice(0, WARNED_ROWS)
    .map(({ line, reason }) => `${path}:${line}: row left out: ${reason}`);
  const more =
    dropped.length > WARNED_ROWS ? [`${path}: ${dropped.length - WARNED_ROWS} more rows left out`] : [];
  return { hosts, warnings: [...rows, ...more], source: path };
}

export function decode(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new MtuiError("inventory.invalid", `${source} is not UTF-8.`, {
      cause,
      hint: "Save the inventory as UTF-8.",
      data: { source },
    });
  }
}

/** The bound holds for what is read, whatever `stat` says: it may be a pipe or grow meanwhile. */
async function readBounded(path: string): Promise<Uint8Array> {
  try {
    await using file = await open(path, "r");
    if (!(await file.stat()).isFile()) throw new Error("it is not a file");
    const buffer = Buffer.alloc(INVENTORY_BYTES + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length);
      length += bytesRead;
      if (length > INVENTORY_BYTES) throw new Error(`it is longer than ${INVENTORY_BYTES} bytes`);
      if (bytesRead === 0) return buffer.subarray(0, length);
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new MtuiError("inventory.unavailable", `${path} cannot be read: ${why}`, {
      cause,
      hint: "Set refhosts.path in mtui.yaml to a refhosts.yml that you can read.",
      data: { path },
    });
  }
}
