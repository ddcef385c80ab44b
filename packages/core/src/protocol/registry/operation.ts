import { z } from "zod";

/** Does the operation act on the daemon as a whole or on one named workspace? */
export type Scope = "daemon" | "workspace";

/**
 * What an operation does to the world. `control` operations (cancel, unlock, close) never wait in
 * a workspace's lane; `change` and `destructive` ones run there one after another.
 */
export type Effect = "read" | "control" | "change" | "destructive";

/** How `mtuictl` shows the parameters; everything not named here becomes a `--flag`. */
export interface CliHints {
  /** Parameters given by position, in order; the last may be an array. */
  positionals?: readonly string[];
  /** One-letter flags by parameter name. */
  short?: Readonly<Record<string, string>>;
  /** Flags that take every word up to the next flag. */
  words?: readonly string[];
  /** Long flag names where they differ from the parameter's own. */
  long?: Readonly<Record<string, string>>;
  /** Texts that may be read from a file: `@FILE`, `@-` for standard input. */
  files?: readonly string[];
  /** A two-word command, such as `job list`. */
  command?: string;
  /** Not shown as a command of its own. */
  hidden?: boolean;
}

export interface OperationSpec<P extends z.ZodObject = z.ZodObject, R extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly summary: string;
  readonly scope: Scope;
  readonly effect: Effect;
  /** A slow operation always runs as a job; its reply is a `JobReply`. */
  readonly slow: boolean;
  readonly params: P;
  readonly result: R;
  readonly cli: CliHints;
}

export const workspaceName = z
  .string()
  .regex(/^(?:[A-Za-z0-9][A-Za-z0-9._-]{0,63}\/)?[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, {
    error: "letters, digits, '.', '_' and '-', at most 64, optionally namespace/name",
  });

export const namespaceName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, {
  error: "letters, digits, '.', '_' and '-', at most 64, beginning with a letter or digit",
});

/** What an agent sees unasked is its own. */
export const allParam = {
  all: z
    .boolean()
    .default(false)
    .describe("of other namespaces, too; people always see all, an agent without this its own"),
};

const workspaceParam = {
  workspace: workspaceName.default("default").describe("the named desk to work on"),
};
const backgroundParam = {
  background: z.boolean().default(false).describe("reply with the job id at once"),
};

// oxlint-disable-next-line typescript/no-generated-empty-object-type -- "no parameters" is meant
type None = Record<never, never>;
type FullShape<S, Sc extends Scope, Sl extends boolean> = S &
  (Sc extends "workspace" ? typeof workspaceParam : None) &
  (Sl extends true ? typeof backgroundParam : None);

interface Definition<N extends string, Sc extends Scope, Sl extends boolean, S, R extends z.ZodType> {
  name: N;
  summary: string;
  scope: Sc;
  effect: Effect;
  slow?: Sl;
  params?: S;
  result: R;
  cli?: CliHints;
}

/** One entry of the registry. Parameters are strict: an unknown one is an error, never ignored. */
export function defineOperation<
  const N extends string,
  const Sc extends Scope,
  R extends z.ZodType,
  S extends z.ZodRawShape = None,
  const Sl extends boolean = false,
>(definition: Definition<N, Sc, Sl, S, R>) {
  const { name, summary, scope, effect, params, result, slow } = definition;
  const cli: CliHints = definition.cli ?? {};
  const shape = {
    ...params,
    ...(scope === "workspace" ? workspaceParam : {}),
    ...(slow ? backgroundParam : {}),
  } as FullShape<S, Sc, Sl>;
  return {
    name,
    summary,
    scope,
    effect,
    slow: (slow ?? false) as Sl,
    params: z.strictObject(shape),
    result,
    cli,
  };
}
