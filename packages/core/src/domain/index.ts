export interface Slot { product: string; version: string; arch: string; addons: readonly string[] }
export interface LockRecord { epoch: number | null; user: string; pid: number; comment: string }
export interface HostFacts { system: string }
