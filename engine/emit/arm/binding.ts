/** The binding for Node, in C. */
import type { Native } from './native.ts';

/** The property of the global object under which a loaded binding waits for the module with the same fingerprint. */
export const bindingKey = ({ name, fingerprint }: Pick<Native, 'name' | 'fingerprint'>): string =>
  `deepmaker_${name}_${fingerprint}`;

/** What a binding's arrays hold, and a call from the one to the other. */
interface Ports {
  readonly type: string;
  readonly array: string;
  readonly inputs: string;
  readonly outputs: string;
  readonly call: readonly string[];
}

/** Values in, values out. */
const valuePorts = (name: string): Ports => ({
  type: 'double',
  array: 'Float64Array',
  inputs: 'INPUTS',
  outputs: 'OUTPUTS',
  call: [`${name}_run(own->inputs, own->outputs, &own->memory);`],
});

const columnArrays = { float: 'Float32Array', int8_t: 'Int8Array', int16_t: 'Int16Array' } as const;

/** Columns in, columns out: the module encodes images itself, as it has to where there is no binding. */
const columnPorts = ({ name, element, memory }: Native): Ports => ({
  type: element,
  array: columnArrays[element],
  inputs: 'INPUT_COLUMNS',
  outputs: 'OUTPUT_COLUMNS',
  call: [
    `memcpy(own->memory.${memory[0]!.name}, own->inputs, sizeof(${element}) * ${name.toUpperCase()}_INPUT_COLUMNS);`,
    `memcpy(own->outputs, ${name}_columns(&own->memory), sizeof(${element}) * ${name.toUpperCase()}_OUTPUT_COLUMNS);`,
  ],
});

/**
 * `bind(inputs, outputs)` answers a function without arguments that reads the one array and fills the other: the cheapest
 * call that Node-API has. Only functions of Node-API version 8, which every Node since 12.22 has.
 */
export function bindingFile(native: Native, head: string, ports: 'values' | 'columns'): string {
  const { name } = native;
  const upper = name.toUpperCase();
  const { type, array, inputs, outputs, call } = ports === 'values' ? valuePorts(name) : columnPorts(native);
  const napiType = `napi_${array.replace('Array', '').toLowerCase()}_array`;
  return `${head}
#define NAPI_VERSION 8
#include <node_api.h>

#include <stdlib.h>
${ports === 'columns' ? '#include <string.h>\n' : ''}
#include "${name}.h"

/** One function that \`bind\` answered: its arrays, which live as long as it does, and what a call works in. */
typedef struct {
  ${type} *inputs;
  ${type} *outputs;
  napi_ref arrays[2];
  ${name}_memory memory;
} bound;

static napi_value call(napi_env env, napi_callback_info info) {
  void *data;
  bound *own;
  if (napi_get_cb_info(env, info, NULL, NULL, NULL, &data) != napi_ok) return NULL;
  own = (bound *)data;
${call.map((line) => `  ${line}`).join('\n')}
  return NULL;
}

static void release(napi_env env, void *data, void *hint) {
  bound *own = (bound *)data;
  (void)hint;
  for (int k = 0; k < 2; k++) napi_delete_reference(env, own->arrays[k]);
  free(own);
}

/** The numbers of a ${array} of at least this length, else NULL. */
static ${type} *numbers(napi_env env, napi_value array, size_t length) {
  napi_typedarray_type type;
  size_t has;
  void *data;
  bool typed;
  if (napi_is_typedarray(env, array, &typed) != napi_ok || !typed) return NULL;
  if (napi_get_typedarray_info(env, array, &type, &has, &data, NULL, NULL) != napi_ok) return NULL;
  return type == ${napiType} && has >= length ? (${type} *)data : NULL;
}

static napi_value bind(napi_env env, napi_callback_info info) {
  napi_value arrays[2], function;
  size_t count = 2;
  ${type} *inputs, *outputs;
  bound *own;
  if (napi_get_cb_info(env, info, &count, arrays, NULL, NULL) != napi_ok) return NULL;
  inputs = count == 2 ? numbers(env, arrays[0], ${upper}_${inputs}) : NULL;
  outputs = count == 2 ? numbers(env, arrays[1], ${upper}_${outputs}) : NULL;
  if (!inputs || !outputs) {
    napi_throw_type_error(env, NULL, "bind takes a ${array} of ${upper}_${inputs} numbers and one of ${upper}_${outputs}");
    return NULL;
  }
  own = (bound *)malloc(sizeof *own);
  if (!own) {
    napi_throw_error(env, NULL, "out of memory");
    return NULL;
  }
  own->inputs = inputs;
  own->outputs = outputs;
  if (napi_create_function(env, "${name}", NAPI_AUTO_LENGTH, call, own, &function) != napi_ok ||
      napi_create_reference(env, arrays[0], 1, &own->arrays[0]) != napi_ok ||
      napi_create_reference(env, arrays[1], 1, &own->arrays[1]) != napi_ok ||
      napi_add_finalizer(env, function, own, release, NULL, NULL) != napi_ok) {
    free(own);
    napi_throw_error(env, NULL, "the network could not be bound");
    return NULL;
  }
  return function;
}

/** Exports \`bind\`, and leaves it where the generated module looks for it. */
NAPI_MODULE_INIT() {
  napi_value function, global;
  if (napi_create_function(env, "bind", NAPI_AUTO_LENGTH, bind, NULL, &function) == napi_ok &&
      napi_set_named_property(env, exports, "bind", function) == napi_ok &&
      napi_get_global(env, &global) == napi_ok) {
    napi_set_named_property(env, global, "deepmaker_${name}_" ${upper}_FINGERPRINT, function);
  }
  return exports;
}
`;
}
