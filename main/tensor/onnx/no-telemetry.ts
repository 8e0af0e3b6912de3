/**
 * ONNX Runtime's Linux build (since 1.30) opens a telemetry database in the user's cache folder and uploads to its maker
 * as soon as a session is made. Nothing leaves this program's machine: its own switch for that is set here, and this file
 * is imported before the library, which reads the switch when it is loaded.
 */
process.env['ORT_DISABLE_TELEMETRY'] = '1'

export {}
