/**
 * One test target of an update, as the update asks for it: what else a host has installed is no part
 * of it, otherwise equal hosts would look different (docs/formats/refhosts.md, "Slots").
 */
export interface Slot {
  /** Queried product; empty when the query names none. */
  readonly product: string;
  /** Queried version text (`15-SP6`, `16-0`, `15`); empty for any. */
  readonly version: string;
  /** Empty only for a slot without any host whose query names no architecture. */
  readonly arch: string;
  /** Queried addon names, sorted, each once. */
  readonly addons: readonly string[];
}

/** For people: `SLES-15-SP6 x86_64 +sle-ha`. */
export function slotText(slot: Slot): string {
  const product = slot.product === "" ? "any product" : slot.product;
  const version = slot.version === "" ? "" : `-${slot.version}`;
  const arch = slot.arch === "" ? "any arch" : slot.arch;
  return [`${product}${version}`, arch, ...slot.addons.map((addon) => `+${addon}`)].join(" ");
}

/** For maps: equal exactly for equal slots. */
export function slotKey(slot: Slot): string {
  return JSON.stringify([slot.product, slot.version, slot.arch, [...slot.addons].sort()]);
}

export function sameSlot(a: Slot, b: Slot): boolean {
  return slotKey(a) === slotKey(b);
}
