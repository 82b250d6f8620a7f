// The names that every page of the console uses of third parties. What is not named here is not in the bundle.

export { Component, createRef, Fragment, h, options, render } from "preact";
export { useCallback, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
export { batch, computed, effect, signal, untracked, useComputed, useSignal, useSignalEffect } from "@preact/signals";

import { h } from "preact";
import htm from "htm";
export const html = htm.bind(h);

export { default as Plot } from "uplot";
export { default as plotStyle } from "uplot/dist/uPlot.min.css";
