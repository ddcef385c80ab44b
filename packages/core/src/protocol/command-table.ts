/**
 * What clients know of the operations without loading the registry and its zod schemas: plain data,
 * generated from the registry when the clients are bundled (`buildCommandTable`).
 */
export interface CommandTable {
  /** Version of the product that the table was made for. */
  readonly version: string;
  readonly operations: readonly OperationEntry[];
}

export interface OperationEntry {
  readonly name: string;
  readonly summary: string;
  readonly scope: "daemon" | "workspace";
  readonly effect: "read" | "control" | "change" | "destructive";
  readonly slow: boolean;
  /** JSON Schema of the parameters as a client sends them. */
  readonly params: ObjectSchema;
  readonly cli: {
    readonly positionals?: readonly string[];
    readonly short?: Readonly<Record<string, string>>;
    readonly words?: readonly string[];
    readonly long?: Readonly<Record<string, string>>;
    readonly files?: readonly string[];
    readonly command?: string;
    readonly hidden?: boolean;
  };
}

/** JSON Schema of what an operation answers, for the clients that promise it to others. */
export interface ResultSchema {
  readonly type: "object";
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
}

/** The command table, and what each operation answers; an operation that answers no object has none. */
export interface ToolTable extends CommandTable {
  readonly results: Readonly<Record<string, ResultSchema | null>>;
}

/** The part of JSON Schema that parameters of operations use; the builder refuses anything else. */
export interface ObjectSchema {
  readonly type: "object";
  readonly properties: Readonly<Record<string, ParamSchema>>;
  readonly required: readonly string[];
  readonly additionalProperties: false;
}

export interface ScalarSchema {
  readonly type: "string" | "number" | "integer" | "boolean";
  readonly description?: string;
  readonly default?: string | number | boolean;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface ArraySchema {
  readonly type: "array";
  readonly items: ScalarSchema;
  readonly description?: string;
  readonly default?: readonly string[];
  readonly minItems?: number;
  readonly maxItems?: number;
}

export type ParamSchema = ScalarSchema | ArraySchema;
