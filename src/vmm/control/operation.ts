/** The shape of a control operation: a function with a caller. Who may call it is decided in one place, `control.ts`. */
import type { Domain } from '../domain.ts';
import type { Hypervisor } from '../hypervisor.ts';
import type { Control } from './types.ts';

export type Argument<K extends keyof Control> = Parameters<Control[K]> extends [infer A] ? A : undefined;

export type Operation<K extends keyof Control> = (hypervisor: Hypervisor, argument: Argument<K>, caller: Domain) => ReturnType<Control[K]>;

export type Operations<K extends keyof Control> = { readonly [Name in K]: Operation<Name> };
