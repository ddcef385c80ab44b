import {
  BaseAgent,
  createAgent,
  type IdentityCallback,
  type ParsedKey,
  type SignCallback,
  type SigningRequestOptions,
} from "ssh2";
import type { Log } from "../log.ts";

export interface AgentFilter {
  /** Public keys of the identity files, wire form: offered first. */
  readonly preferred: readonly Buffer[];
  /** IdentitiesOnly: offer nothing else. */
  readonly only: boolean;
  readonly log: Log;
}

/**
 * The agent at a socket, offering the keys of ssh_config first: servers close the connection after a
 * few wrong keys (MaxAuthTries 6), so the order decides whether a well filled agent gets in at all.
 * An agent that cannot be asked offers nothing, so that identity files still have their turn.
 */
export function filteredAgent(socket: string, filter: AgentFilter): BaseAgent<ParsedKey> {
  return new FilteredAgent(socket, filter);
}

class FilteredAgent extends BaseAgent<ParsedKey> {
  readonly #agent: BaseAgent;
  readonly #filter: AgentFilter;

  constructor(socket: string, filter: AgentFilter) {
    super();
    this.#agent = createAgent(socket);
    this.#filter = filter;
  }

  override getIdentities(callback: IdentityCallback<ParsedKey>): void {
    this.#agent.getIdentities((error, keys) => {
      if (error || keys === undefined) {
        this.#filter.log("warn", "The SSH agent did not answer", { error: error?.message });
        callback(undefined, []);
        return;
      }
      callback(undefined, this.#order(keys.filter(isParsed)));
    });
  }

  #order(keys: readonly ParsedKey[]): ParsedKey[] {
    const isPreferred = (key: ParsedKey): boolean =>
      this.#filter.preferred.some((each) => each.equals(key.getPublicSSH()));
    const preferred = keys.filter(isPreferred);
    return this.#filter.only ? preferred : [...preferred, ...keys.filter((key) => !isPreferred(key))];
  }

  override sign(
    key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    callback?: SignCallback,
  ): void {
    if (typeof options === "function") this.#agent.sign(key, data, options);
    else this.#agent.sign(key, data, options, callback);
  }
}

/** The interface allows other forms; the agent client gives parsed keys alone. */
function isParsed<T>(key: T): key is T & ParsedKey {
  return typeof key === "object" && key !== null && "getPublicSSH" in key;
}
