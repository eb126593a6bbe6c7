import boundaries from 'eslint-plugin-boundaries';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const lib = (name) => ({ type: name, pattern: `libs/${name}/src`, mode: 'folder' });
const allow = (from, ...to) => ({
  from: { element: { type: from } },
  allow: { to: { element: { type: [from, ...to] } } },
});

/** For the server and the console alike. */
const habits = {
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/no-non-null-assertion': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': 'error',
  '@typescript-eslint/consistent-type-imports': 'off',
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
  eqeqeq: ['error', 'always'],
  'no-console': 'error',
};

export default tseslint.config(
  {
    ignores: ['dist/**', 'node_modules/**', 'data/**', 'coverage/**', 'scripts/templates/**', '.scaffold/**'],
  },
  {
    files: ['**/*.ts'],
    ignores: ['apps/console/**'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { boundaries },
    settings: {
      'import/resolver': { typescript: { conditionNames: ['source', 'types', 'import', 'default'] } },
      'boundaries/elements': [
        lib('canonical'),
        lib('platform'),
        lib('destinations'),
        lib('dialects'),
        lib('control-plane'),
        lib('pipeline'),
        lib('admin'),
        { type: 'app', pattern: 'apps/*' },
      ],
      'boundaries/include': ['apps/*/src/**/*.ts', 'libs/*/src/**/*.ts'],
      'boundaries/ignore': ['**/*.spec.ts'],
    },
    rules: {
      ...habits,
      // Which room may open which door: the same table as in the README.
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: [
            allow('canonical'),
            allow('platform'),
            allow('destinations', 'canonical', 'platform'),
            allow('dialects', 'canonical', 'platform', 'destinations'),
            allow('control-plane', 'canonical', 'platform', 'destinations'),
            allow('pipeline', 'canonical', 'platform', 'destinations', 'control-plane'),
            allow('admin', 'canonical', 'platform', 'destinations', 'dialects', 'control-plane', 'pipeline'),
            allow('app', 'canonical', 'platform', 'destinations', 'dialects', 'control-plane', 'pipeline', 'admin'),
          ],
        },
      ],
    },
  },
  {
    // In the browser: of the gateway it knows nothing but its admin API.
    files: ['apps/console/src/**/*.{ts,tsx}'],
    extends: [...tseslint.configs.recommendedTypeChecked, reactHooks.configs.flat.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      ...habits,
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['#*', 'node:*'], message: 'The console runs in a browser.' }] },
      ],
    },
  },
  {
    files: ['**/*.spec.ts', '**/*.e2e-spec.ts', 'test/**/*.ts', 'bench/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off', 'no-console': 'off' },
  },
);
