/** What a name in the lock directory leads to. Hard links share one. */
export interface Inode {
  readonly kind: "file" | "directory" | "link";
  bytes: Buffer;
  /** Kernel locks on it, by process. */
  exclusive: number | null;
  readonly shared: Set<number>;
}

export type FileKind = Inode["kind"];

/** A change of one of the lock files, before it is made. */
export interface Change {
  readonly name: string;
  /** What the name led to; null for nothing. */
  readonly before: Buffer | null;
  readonly after: Buffer | null;
  /** The process; 0 for the host itself. */
  readonly by: number;
}

/**
 * The lock directory of one host in memory: names, inodes and kernel locks, with one atomic step a
 * method, as the kernel gives them. Who may do what is no business of this file.
 */
export class ModelHost {
  readonly names = new Map<string, Inode>();
  /** Seconds that the host's clock is ahead. */
  clockAhead = 0;
  /** Every change of the directory fails. */
  readOnly = false;
  /** Reading fails with an error that says nothing of the file. */
  readErrors = false;
  onChange: (change: Change) => void = () => undefined;

  kind(name: string): FileKind | null {
    return this.names.get(name)?.kind ?? null;
  }

  size(name: string): number {
    return this.names.get(name)?.bytes.length ?? 0;
  }

  /** @returns null for what cannot be opened */
  read(name: string): Buffer | null {
    const node = this.names.get(name);
    if (node === undefined || node.kind !== "file" || this.readErrors) return null;
    return node.bytes;
  }

  /** Open for appending; creates. */
  openAppend(name: string): Inode | null {
    const node = this.names.get(name);
    if (node !== undefined) return node.kind === "file" && !this.readOnly ? node : null;
    return this.#create(name, 0);
  }

  /** `O_CREAT|O_EXCL`: null when the name exists. */
  openExclusive(name: string, by: number): Inode | null {
    return this.names.has(name) ? null : this.#create(name, by);
  }

  /** `O_CREAT|O_TRUNC`. */
  openTruncate(name: string, by: number): Inode | null {
    const node = this.names.get(name);
    if (node === undefined) return this.#create(name, by);
    if (node.kind !== "file" || this.readOnly) return null;
    this.#report(name, { after: Buffer.alloc(0), by });
    node.bytes = Buffer.alloc(0);
    return node;
  }

  /** Writes through an open file, whatever its names are by now. */
  write(node: Inode, bytes: Buffer, by: number): void {
    for (const [name, each] of this.names) if (each === node) this.#report(name, { after: bytes, by });
    node.bytes = bytes;
  }

  link(from: string, to: string, by: number): boolean {
    const node = this.names.get(from);
    if (node === undefined || this.names.has(to) || this.readOnly) return false;
    this.#report(to, { after: node.bytes, by });
    this.names.set(to, node);
    return true;
  }

  rename(from: string, to: string, by: number): boolean {
    const node = this.names.get(from);
    if (node === undefined || this.readOnly || this.kind(to) === "directory") return false;
    // The kernel does nothing for two names of one file.
    if (this.names.get(to) === node) return true;
    this.#report(from, { after: null, by });
    this.#report(to, { after: node.bytes, by });
    this.names.delete(from);
    this.names.set(to, node);
    return true;
  }

  /** @returns false when a name is there and stays */
  unlink(name: string, by: number): boolean {
    const node = this.names.get(name);
    if (node === undefined) return true;
    if (this.readOnly || node.kind === "directory") return false;
    this.#report(name, { after: null, by });
    this.names.delete(name);
    return true;
  }

  lockable(node: Inode, { exclusive, by }: { exclusive: boolean; by: number }): boolean {
    if (node.exclusive !== null && node.exclusive !== by) return false;
    return !exclusive || [...node.shared].every((each) => each === by);
  }

  /** Without waiting. */
  lock(node: Inode, { exclusive, by }: { exclusive: boolean; by: number }): boolean {
    if (!this.lockable(node, { exclusive, by })) return false;
    if (exclusive) node.exclusive = by;
    else node.shared.add(by);
    return true;
  }

  unlock(node: Inode, by: number): void {
    if (node.exclusive === by) node.exclusive = null;
    node.shared.delete(by);
  }

  /** Everything in memory goes; so do the processes, which is the world's part. */
  wipe(): void {
    for (const name of this.names.keys()) this.#report(name, { after: null, by: 0 });
    this.names.clear();
  }

  #create(name: string, by: number): Inode | null {
    if (this.readOnly) return null;
    const node = newFile(Buffer.alloc(0));
    this.#report(name, { after: node.bytes, by });
    this.names.set(name, node);
    return node;
  }

  #report(name: string, { after, by }: { after: Buffer | null; by: number }): void {
    this.onChange({ name, before: this.names.get(name)?.bytes ?? null, after, by });
  }
}

export function newFile(bytes: Buffer, kind: FileKind = "file"): Inode {
  return { kind, bytes, exclusive: null, shared: new Set() };
}
