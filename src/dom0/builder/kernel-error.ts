/** What is wrong with a kernel file, blamed on the configuration's `kernel`. */
import { ToolstackError, type ErrorCode } from '../toolstack/types.ts';

export function kernelError(code: ErrorCode, message: string, hint?: string): ToolstackError {
  return new ToolstackError({ code, message, field: 'kernel', ...(hint !== undefined && { hint }) });
}
