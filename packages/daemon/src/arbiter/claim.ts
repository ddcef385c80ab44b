import type { Slot } from "@mtui/core/domain";

export interface ClaimFields {
  readonly id: string;
  /** `HostName:port` after ssh_config: two names of one machine are one key. */
  readonly hostKey: string;
  /** The name that a person typed or the inventory lists; for display. */
  readonly hostName: string;
  readonly workspace: string;
  readonly rrid: string | null;
  readonly slots: readonly Slot[];
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/**
 * A workspace's exclusive right to one host, and the key without which no SSH connection for work
 * opens. Only the arbiter's shell mints them; the private field makes the type nominal, so that no
 * other object passes for one (the architecture check forbids `Claim.mint` outside `arbiter/`).
 */
export class Claim {
  readonly fields: ClaimFields;
  readonly #minted = true;

  private constructor(fields: ClaimFields) {
    this.fields = Object.freeze({ ...fields });
  }

  static mint(fields: ClaimFields): Claim {
    return new Claim(fields);
  }

  static is(value: unknown): value is Claim {
    return typeof value === "object" && value !== null && #minted in value;
  }

  get id(): string {
    return this.fields.id;
  }

  get hostKey(): string {
    return this.fields.hostKey;
  }

  get hostName(): string {
    return this.fields.hostName;
  }
}
