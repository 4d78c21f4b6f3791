/** A testbench that checks every integer, and the clocks that a result takes. */
import type { Core } from './core.ts';
import type { CircuitShape } from './registers.ts';
import { hexDigits } from './verilog.ts';

/** Integers on the network's grids. inputs: (count, I), outputs: (count, O), row-major. */
export interface Vectors {
  readonly count: number;
  readonly inputs: Int16Array;
  readonly outputs: Int16Array;
}

/** One line per vector, inputs before outputs, each four hexadecimal digits: what $readmemh reads. */
export function vectorsText({ count, inputs, outputs }: Vectors, shape: CircuitShape): string {
  const words = (values: Int16Array, row: number, width: number) =>
    Array.from(values.subarray(row * width, (row + 1) * width), (value) => hexDigits(value, 4));
  const lines = Array.from({ length: count }, (_, row) =>
    [...words(inputs, row, shape.inputs), ...words(outputs, row, shape.outputs)].join(' '),
  );
  return `${lines.join('\n')}\n`;
}

export function testbenchText(name: string, core: Core, count: number): string {
  return core.form === 'parallel'
    ? parallelTestbench(name, core.latency, core.shape, count)
    : streamingTestbench(name, core, count);
}

const opening = (
  name: string,
  { inputs, outputs }: CircuitShape,
  count: number,
): string => `// Runs every vector of ${name}_vectors.hex through ${name} and compares all integers. Prints PASS or FAIL.
\`timescale 1ns / 1ps
module ${name}_tb;
  localparam INPUTS = ${inputs}, OUTPUTS = ${outputs};
  // The first so many vectors; fewer take less time.
  parameter COUNT = ${count};
  // 0: another testbench says when the simulation ends.
  parameter FINISH = 1;
  reg [8*256-1:0] path;
  reg [15:0] vectors [0:COUNT * (INPUTS + OUTPUTS) - 1];
  reg clk = 1'b0, rst = 1'b1, done = 1'b0;
  integer clocks = 0, errors = 0, i;
  always #1 clk = ~clk;
  always @(posedge clk) clocks <= clocks + 1;

  task check(input integer row, input integer output_index, input [15:0] got);
    reg [15:0] wanted;
    begin
      wanted = vectors[row * (INPUTS + OUTPUTS) + INPUTS + output_index];
      if (got !== wanted) begin
        errors = errors + 1;
        if (errors <= 10) $display("vector %0d, output %0d: %h instead of %h", row, output_index, got, wanted);
      end
    end
  endtask

  task finish(input integer latency, input integer interval);
    begin
      if (errors == 0) $display("PASS ${name}: %0d vectors, latency %0d clocks, %0d from result to result", COUNT, latency, interval);
      else $display("FAIL ${name}: %0d wrong outputs", errors);
      done = 1'b1;
      if (FINISH != 0) $finish;
    end
  endtask

  initial begin
    if (!$value$plusargs("${name}_vectors=%s", path)) path = "${name}_vectors.hex";
    $readmemh(path, vectors);
  end`;

function parallelTestbench(name: string, latency: number, shape: CircuitShape, count: number): string {
  return `${opening(name, shape, count)}

  reg in_valid = 1'b0;
  reg [16*INPUTS-1:0] in_data = 0;
  wire out_valid;
  wire [16*OUTPUTS-1:0] out_data;
  ${name} dut (
    .clk(clk), .rst(rst), .in_valid(in_valid), .in_data(in_data), .out_valid(out_valid), .out_data(out_data)
  );

  // A vector in every clock, but for a gap now and then.
  integer sent = 0, received = 0, first_sent = 0, first_received = 0;
  always @(negedge clk) begin
    rst <= clocks < 4;
    in_valid <= clocks >= 6 && sent < COUNT && clocks % 13 != 0;
    if (clocks >= 6 && sent < COUNT && clocks % 13 != 0) begin
      for (i = 0; i < INPUTS; i = i + 1) in_data[16*i +: 16] <= vectors[sent * (INPUTS + OUTPUTS) + i];
      if (sent == 0) first_sent <= clocks;
      sent <= sent + 1;
    end
    if (out_valid && !done) begin
      for (i = 0; i < OUTPUTS; i = i + 1) check(received, i, out_data[16*i +: 16]);
      if (received == 0) first_received <= clocks;
      received <= received + 1;
      if (received == COUNT - 1) begin
        if ((received == 0 ? clocks : first_received) - first_sent != ${latency}) begin
          errors = errors + 1;
          $display("latency of %0d clocks instead of ${latency}", (received == 0 ? clocks : first_received) - first_sent);
        end
        finish(${latency}, 1);
      end
    end
    if (clocks > COUNT * 2 + 1000 && !done) begin
      errors = errors + 1;
      $display("only %0d results of %0d", received, COUNT);
      finish(0, 0);
    end
  end
endmodule
`;
}

function streamingTestbench(name: string, { latency, interval, shape }: Core, count: number): string {
  return `${opening(name, shape, count)}

  reg [15:0] s_data = 16'd0;
  reg s_valid = 1'b0, m_ready = 1'b0;
  wire s_ready, m_valid, m_last;
  wire [15:0] m_data;
  ${name} dut (
    .clk(clk), .rst(rst),
    .s_axis_tdata(s_data), .s_axis_tvalid(s_valid), .s_axis_tready(s_ready),
    .m_axis_tdata(m_data), .m_axis_tvalid(m_valid), .m_axis_tready(m_ready), .m_axis_tlast(m_last)
  );

  // Neither side waits during the first two vectors, whose clocks are counted; then both do now and then. Signals change
  // at the falling edge, so what is valid and ready there is taken at the next rising one.
  integer sent = 0, received = 0, element = 0, result = 0, last_taken = 0, started = 0, first_result = 0, gap = 0;
  always @(negedge clk) begin
    rst <= clocks < 4;
    if (s_valid && s_taken) begin
      if (element == INPUTS - 1) begin
        element = 0;
        sent = sent + 1;
      end else element = element + 1;
    end
    s_valid <= clocks >= 6 && sent < COUNT && (sent < 2 || clocks % 7 != 0);
    s_data <= sent < COUNT ? vectors[sent * (INPUTS + OUTPUTS) + element] : 16'd0;
    m_ready <= received < 2 || clocks % 5 != 0;
    if (clocks > COUNT * ${2 * interval + 64} + 1000 && !done) begin
      errors = errors + 1;
      $display("only %0d results of %0d", received, COUNT);
      finish(0, 0);
    end
  end

  reg s_taken = 1'b0;
  always @(posedge clk) begin
    s_taken <= s_valid && s_ready;
    if (s_valid && s_ready && sent == 0 && element == 0) started <= clocks;
    if (s_valid && s_ready && sent == 0 && element == INPUTS - 1) last_taken <= clocks;
    if (s_valid && s_ready && sent == 1 && element == 0) gap <= clocks - started;
    if (m_valid && m_ready && !done) begin
      check(received, result, m_data);
      if (received == 0 && result == 0) first_result = clocks;
      if (m_last !== (result == OUTPUTS - 1)) begin
        errors = errors + 1;
        $display("tlast is wrong at output %0d of vector %0d", result, received);
      end
      if (result == OUTPUTS - 1) begin
        result <= 0;
        received <= received + 1;
        if (received == COUNT - 1) begin
          if (first_result - last_taken != ${latency} || (COUNT > 1 && gap != ${interval})) begin
            errors = errors + 1;
            $display("latency %0d, interval %0d clocks instead of ${latency}, ${interval}", first_result - last_taken, gap);
          end
          finish(${latency}, ${interval});
        end
      end else result <= result + 1;
    end
  end
endmodule
`;
}
