/** Where changes that a cancel could not reach are written down, by the key of their host. None of these throw. */
export interface UnendedJournal {
  on(hostKey: string): readonly string[];
  save(hostKey: string, id: string): void;
  forget(hostKey: string, id: string): void;
}

/**
 * Changes that a cancel could not reach, host by host, until their end is proven: whoever connects the host next ends
 * them, in this life of the daemon or in another.
 */
export function unendedCommands(journal?: UnendedJournal): (hostKey: string) => Set<string> {
  const hosts = new Map<string, Set<string>>();
  return (hostKey) => {
    const known = hosts.get(hostKey);
    if (known !== undefined) return known;
    const fresh = journal === undefined ? new Set<string>() : new WrittenDown(hostKey, journal);
    hosts.set(hostKey, fresh);
    return fresh;
  };
}

class WrittenDown extends Set<string> {
  readonly #hostKey: string;
  readonly #journal: UnendedJournal;

  constructor(hostKey: string, journal: UnendedJournal) {
    super();
    this.#hostKey = hostKey;
    this.#journal = journal;
    for (const id of journal.on(hostKey)) super.add(id);
  }

  override add(id: string): this {
    if (!this.has(id)) this.#journal.save(this.#hostKey, id);
    return super.add(id);
  }

  override delete(id: string): boolean {
    if (this.has(id)) this.#journal.forget(this.#hostKey, id);
    return super.delete(id);
  }
}
