// Types of what `gateway/console_vendor/third-party.js` exports.
// deno-lint-ignore-file no-explicit-any -- of a library's own values nothing is known here

/** What a component returns, and what `html` makes. */
export type Shown = any;

export function h(type: any, props?: any, ...children: any[]): Shown;
export function html(strings: TemplateStringsArray, ...values: any[]): Shown;
export function render(shown: Shown, into: Element): void;
export const Fragment: any;
export const Component: any;
export const options: any;
export function createRef<T = any>(): { current: T | null };

export type Set<T> = (next: T | ((before: T) => T)) => void;
export function useState<T>(first: T | (() => T)): [T, Set<T>];
export function useRef<T>(first: T): { current: T };
export function useMemo<T>(make: () => T, inputs: unknown[]): T;
export function useCallback<T>(callback: T, inputs: unknown[]): T;
export function useEffect(run: () => void | (() => void), inputs?: unknown[]): void;
export function useLayoutEffect(run: () => void | (() => void), inputs?: unknown[]): void;
export function useId(): string;

export interface Signal<T> {
  value: T;
  peek(): T;
  subscribe(hear: (value: T) => void): () => void;
}
export interface ReadonlySignal<T> {
  readonly value: T;
  peek(): T;
  subscribe(hear: (value: T) => void): () => void;
}
export function signal<T>(first: T): Signal<T>;
export function computed<T>(make: () => T): ReadonlySignal<T>;
export function effect(run: () => void | (() => void)): () => void;
export function batch<T>(run: () => T): T;
export function untracked<T>(run: () => T): T;
export function useSignal<T>(first: T): Signal<T>;
export function useComputed<T>(make: () => T): ReadonlySignal<T>;
export function useSignalEffect(run: () => void | (() => void)): void;

/** uPlot, and its style as text. */

export const Plot: any;
export const plotStyle: string;
