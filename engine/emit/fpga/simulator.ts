/** A program that runs the driver against the simulated circuit: every AXI transaction is a real one, only the bus is short. */
export function simulatorSource(name: string): string {
  const upper = name.toUpperCase();
  return `// Raw inputs in, raw outputs out, through the driver, AXI4-Lite and the circuit, simulated by Verilator.
// Usage: ${name}_sim < rows; a row is a line of numbers. Exit code 0: every row was answered.
#include <stdint.h>
static uint32_t sim_read(uint32_t offset);
static void sim_write(uint32_t offset, uint32_t value);
#define ${upper}_READ(device, offset) sim_read(offset)
#define ${upper}_WRITE(device, offset, value) sim_write(offset, value)
// Clocks are slow here.
#define ${upper}_TIMEOUT_SECONDS 1e9
#include "${name}_driver.c"
#include <stdio.h>
#include "V${name}_axi.h"
#include "verilated.h"

static V${name}_axi *top;

static void clock_edge(void) {
  top->s_axi_aclk = 1;
  top->eval();
  top->s_axi_aclk = 0;
  top->eval();
}

static uint32_t sim_read(uint32_t offset) {
  top->s_axi_araddr = offset;
  top->s_axi_arvalid = 1;
  top->eval();
  while (!top->s_axi_arready) clock_edge();
  clock_edge();
  top->s_axi_arvalid = 0;
  top->s_axi_rready = 1;
  top->eval();
  while (!top->s_axi_rvalid) clock_edge();
  const uint32_t value = top->s_axi_rdata;
  clock_edge();
  top->s_axi_rready = 0;
  return value;
}

static void sim_write(uint32_t offset, uint32_t value) {
  top->s_axi_awaddr = offset;
  top->s_axi_wdata = value;
  top->s_axi_wstrb = 15;
  top->s_axi_awvalid = top->s_axi_wvalid = 1;
  top->eval();
  while (!(top->s_axi_awready && top->s_axi_wready)) clock_edge();
  clock_edge();
  top->s_axi_awvalid = top->s_axi_wvalid = 0;
  top->s_axi_bready = 1;
  top->eval();
  while (!top->s_axi_bvalid) clock_edge();
  if (top->s_axi_bresp != 0) fprintf(stderr, "a write to 0x%x was refused\\n", (unsigned)offset);
  clock_edge();
  top->s_axi_bready = 0;
}

int main(void) {
  VerilatedContext context;
  top = new V${name}_axi(&context);
  top->s_axi_aresetn = 0;
  for (int k = 0; k < 4; k++) clock_edge();
  top->s_axi_aresetn = 1;
  ${name}_device device;
  // Mapped, and never touched: reads and writes go to the simulated circuit.
  ${name}_status status = ${name}_open(&device, "/dev/zero", 0);
  double inputs[${upper}_INPUTS], outputs[${upper}_OUTPUTS];
  unsigned clocks = 0;
  while (status == ${upper}_OK) {
    int read = 0;
    while (read < ${upper}_INPUTS && scanf("%lf", &inputs[read]) == 1) read++;
    if (read < ${upper}_INPUTS) break;
    status = ${name}_run(&device, inputs, outputs);
    if (status != ${upper}_OK) break;
    for (int o = 0; o < ${upper}_OUTPUTS; o++) printf("%.17g%c", outputs[o], o + 1 < ${upper}_OUTPUTS ? ' ' : '\\n');
    clocks = ${name}_clocks(&device);
  }
  if (status != ${upper}_OK) fprintf(stderr, "%s\\n", ${name}_explain(status));
  else fprintf(stderr, "clocks of the last result: %u\\n", clocks);
  ${name}_close(&device);
  top->final();
  delete top;
  return status == ${upper}_OK ? 0 : 1;
}
`;
}
