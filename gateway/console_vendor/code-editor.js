// The names of CodeMirror, which only a page with code loads. What is not named here is not in the bundle.

export { Annotation, Compartment, EditorSelection, EditorState, StateEffect, StateField } from "@codemirror/state";
export { Prec, RangeSetBuilder, Text, Transaction } from "@codemirror/state";
export {
  crosshairCursor,
  Decoration,
  drawSelection,
  dropCursor,
  EditorView,
  gutter,
  GutterMarker,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  hoverTooltip,
  keymap,
  lineNumbers,
  placeholder,
  rectangularSelection,
  showPanel,
  showTooltip,
  tooltips,
  ViewPlugin,
  WidgetType,
} from "@codemirror/view";
export { defaultKeymap, history, historyKeymap, indentWithTab, redo, toggleComment, undo } from "@codemirror/commands";
export {
  bracketMatching,
  codeFolding,
  defaultHighlightStyle,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  LanguageSupport,
  syntaxHighlighting,
  syntaxTree,
} from "@codemirror/language";
export {
  acceptCompletion,
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  closeCompletion,
  completeFromList,
  completionKeymap,
  completionStatus,
  ifNotIn,
  snippetCompletion,
  startCompletion,
} from "@codemirror/autocomplete";
export { highlightSelectionMatches, openSearchPanel, search, searchKeymap } from "@codemirror/search";
export {
  forceLinting,
  lintGutter,
  lintKeymap,
  linter,
  nextDiagnostic,
  openLintPanel,
  setDiagnostics,
} from "@codemirror/lint";
export { getChunks, goToNextChunk, goToPreviousChunk, MergeView, unifiedMergeView } from "@codemirror/merge";
export { javascript, javascriptLanguage, localCompletionSource, typescriptLanguage } from "@codemirror/lang-javascript";
export { localCompletionSource as localPythonCompletionSource, python, pythonLanguage } from "@codemirror/lang-python";
export { json, jsonLanguage, jsonParseLinter } from "@codemirror/lang-json";
export { tags } from "@lezer/highlight";
