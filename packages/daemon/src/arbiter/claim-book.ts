import { Claim } from "./claim.ts";
import type { Effect } from "./events.ts";
import type { ArbiterState, Holder } from "./state.ts";

/** The minted claims by id, kept in step with the state. The only place where claims are made. */
export class ClaimBook {
  readonly #claims = new Map<string, Claim>();

  get(id: string | undefined): Claim | null {
    return id === undefined ? null : (this.#claims.get(id) ?? null);
  }

  ofWorkspace(workspace: string): Claim[] {
    return [...this.#claims.values()].filter((claim) => claim.fields.workspace === workspace);
  }

  /** With the slots of the request that each claim answers. */
  withSlots(
    list: readonly { claim: string; slots: readonly number[] }[],
  ): { claim: Claim; slotIndex: number[] }[] {
    return list.flatMap(({ claim: id, slots }) => {
      const claim = this.#claims.get(id);
      return claim ? [{ claim, slotIndex: [...slots] }] : [];
    });
  }

  enter(effect: Effect, state: ArbiterState): void {
    switch (effect.type) {
      case "attempt":
        for (const { key, name } of effect.assigned) this.#mint(key, name, state.hosts.get(key)?.holder);
        return;
      case "released":
        this.#claims.delete(effect.holder.claim);
        return;
      case "takenOver":
        this.#claims.delete(effect.from.claim);
        this.#mint(effect.host, effect.name, effect.to);
        return;
      case "adopted":
        this.#mint(effect.host, effect.name, effect.holder);
        return;
      default:
        return;
    }
  }

  /** An attempt has ended: claims on hosts that it gave back are void. */
  strike(assigned: readonly { claim: string; key: string }[], state: ArbiterState): void {
    for (const { claim, key } of assigned) {
      if (state.hosts.get(key)?.holder?.claim !== claim) this.#claims.delete(claim);
    }
  }

  #mint(hostKey: string, hostName: string, holder: Holder | null | undefined): void {
    if (!holder) return;
    const { claim: id, workspace, rrid, slots, since } = holder;
    this.#claims.set(id, Claim.mint({ id, hostKey, hostName, workspace, rrid, slots, since }));
  }
}
