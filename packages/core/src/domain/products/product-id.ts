/** A product as a host has it installed: `SLES` `15-SP6` `x86_64` (docs/formats/products.md). */
export interface ProductId {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
}

/** Which table of commands a host follows (docs/formats/products.md, "Release keys"). */
export type ReleaseKey = "11" | "12" | "15" | "16" | "slmicro" | "YUM";

/** What a connected host says of itself. */
export interface HostFacts {
  readonly base: ProductId;
  readonly addons: readonly ProductId[];
  readonly transactional: boolean;
  /** `sles-modules-15-SP6-x86_64`: the name of the host's system in reports. */
  readonly system: string;
  /** `/etc/products.d/baseproduct` leads nowhere; name and version are then a guess. */
  readonly dangling: boolean;
  /** `null`: no command table exists for it. */
  readonly release: ReleaseKey | null;
}
