/**
 * What a backend does for the engine: arithmetic on checked input. The API's promises about errors,
 * threads and lifetimes are the engine's.
 */
package dev.yololoss.backend;
