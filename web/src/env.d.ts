// Owns the types of what the bundler resolves. Refuses types of our own.
/// <reference types="vite/client" />
