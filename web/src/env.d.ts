// Types of the modules that Vite resolves.
/// <reference types="vite/client" />
