// Lint rules: TypeScript, Vue, accessibility, sizes, layers. Formatting is left to prettier.
import { readdirSync } from 'node:fs'
import js from '@eslint/js'
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript'
import importX from 'eslint-plugin-import-x'
import vue from 'eslint-plugin-vue'
import a11y from 'eslint-plugin-vuejs-accessibility'
import globals from 'globals'
import ts from 'typescript-eslint'

/** Which features a feature may import, shared bases first. A feature without an entry imports no other. */
const FEATURES = {
  accounts: [],
  batches: [],
  account: ['accounts'],
  editor: ['accounts'],
  tags: ['accounts', 'batches'],
  notebooks: ['accounts', 'batches'],
  files: ['accounts', 'batches', 'tags'],
  notes: ['accounts', 'batches', 'editor', 'files', 'notebooks', 'tags'],
  tasks: ['accounts', 'batches', 'editor', 'notes', 'tags'],
}
/** What a layer of `src` must not import. Above them: features, then shell, router and App. */
const LAYERS = {
  api: ['changes', 'components', 'features', 'lib', 'shell'],
  lib: ['changes', 'features', 'shell'],
  changes: ['components', 'features', 'shell'],
  components: ['changes', 'features', 'shell'],
  features: ['shell'],
}
const zones = [
  ...readdirSync(new URL('src/features', import.meta.url)).map((name) => ({
    target: `./src/features/${name}`,
    from: './src/features',
    except: [name, ...(FEATURES[name] ?? [])].map((allowed) => `./${allowed}`),
    message: 'Neighbours import each other only where FEATURES in eslint.config.js says so.',
  })),
  ...Object.entries(LAYERS).map(([layer, above]) => ({
    target: `./src/${layer}`,
    from: above.map((name) => `./src/${name}`),
    message: 'A layer does not import the layers above it: LAYERS in eslint.config.js.',
  })),
]

export default ts.config(
  { ignores: ['dist/', 'screenshots/', 'e2e/.results/', 'src/api/schema.gen.ts'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...ts.configs.stylistic,
  ...vue.configs['flat/recommended'],
  ...a11y.configs['flat/recommended'],
  {
    languageOptions: { globals: { ...globals.browser }, parserOptions: { parser: ts.parser } },
    rules: {
      'no-console': ['error', { allow: ['error'] }],
      'no-undef': 'off',
      eqeqeq: 'error',
      'max-lines': ['error', 500],
      'max-lines-per-function': ['error', 70],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'vue/no-v-html': 'error',
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/no-static-inline-styles': 'error',
      'vue/no-unused-refs': 'error',
      'vue/require-default-prop': 'off',
      // Formatting is left to prettier.
      'vue/max-attributes-per-line': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/html-indent': 'off',
      // A label may refer to its input by id.
      'vuejs-accessibility/label-has-for': ['error', { required: { some: ['nesting', 'id'] } }],
      // Dialogs focus their first input.
      'vuejs-accessibility/no-autofocus': 'off',
    },
  },
  {
    files: ['src/**/*.ts', 'src/**/*.vue'],
    plugins: { 'import-x': importX },
    settings: {
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'], 'vue-eslint-parser': ['.vue'] },
      'import-x/extensions': ['.ts', '.vue'],
      'import-x/resolver-next': [createTypeScriptImportResolver()],
    },
    rules: {
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones }],
    },
  },
  { files: ['**/*.vue'], rules: { 'max-lines-per-function': 'off' } },
  { files: ['**/*.spec.ts', 'e2e/**'], rules: { 'max-lines-per-function': 'off' } },
  {
    files: ['scripts/**', '*.config.*', 'e2e/**'],
    languageOptions: { globals: { ...globals.node } },
    rules: { 'no-console': 'off' },
  },
)
