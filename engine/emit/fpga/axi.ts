/** An AXI4-Lite slave around either form: a processor writes inputs, starts, waits, and reads outputs. */
import type { Core } from './core.ts';
import { registers, windowBytes } from './registers.ts';
import { hexDigits } from './verilog.ts';

export function axiModule(name: string, { form, shape, fingerprint }: Core): string {
  const { inputs, outputs } = shape;
  const window = Math.log2(windowBytes(shape));
  const word = window - 2;
  const parallel = form === 'parallel';
  const register = (offset: number) => `${word}'d${offset / 4}`;
  return `// ${name} behind registers of 32 bits on AXI4-Lite. Offsets in bytes:
//   0x${hexDigits(registers.control, 2)}  write 1: start; read: bit 0 computes, bit 1 done     0x${hexDigits(registers.fingerprint, 2)}  fingerprint of the network
//   0x${hexDigits(registers.shape, 2)}  inputs * 65536 + outputs                            0x${hexDigits(registers.clocks, 2)}  clocks of the last result
//   0x${hexDigits(2 ** window, 4)} + 4 i  input i, low 16 bits                    0x${hexDigits(2 ** (window + 1), 4)} + 4 o  output o, sign extended
// Writes take whole words; narrower ones, and writes to what cannot be written, answer SLVERR and change nothing.
module ${name}_axi (
  input  wire        s_axi_aclk,
  input  wire        s_axi_aresetn,
  // The two lowest bits of addresses, and the protection, mean nothing here.
  /* verilator lint_off UNUSED */
  input  wire [${window + 1}:0] s_axi_awaddr,
  input  wire [2:0]  s_axi_awprot,
  input  wire        s_axi_awvalid,
  output wire        s_axi_awready,
  input  wire [31:0] s_axi_wdata,
  input  wire [3:0]  s_axi_wstrb,
  input  wire        s_axi_wvalid,
  output wire        s_axi_wready,
  output reg  [1:0]  s_axi_bresp,
  output reg         s_axi_bvalid,
  input  wire        s_axi_bready,
  input  wire [${window + 1}:0] s_axi_araddr,
  input  wire [2:0]  s_axi_arprot,
  /* verilator lint_on UNUSED */
  input  wire        s_axi_arvalid,
  output wire        s_axi_arready,
  output reg  [31:0] s_axi_rdata,
  output wire [1:0]  s_axi_rresp,
  output reg         s_axi_rvalid,
  input  wire        s_axi_rready
);
  localparam OKAY = 2'b00, SLVERR = 2'b10;
  wire clk = s_axi_aclk;
  wire rst = !s_axi_aresetn;
  initial {s_axi_bresp, s_axi_bvalid, s_axi_rdata, s_axi_rvalid} = 36'd0;

  // An address and its data are taken together, when the answer to the write before has been.
  wire write = s_axi_awvalid && s_axi_wvalid && !s_axi_bvalid;
  assign s_axi_awready = write;
  assign s_axi_wready = write;
  wire [1:0] write_window = s_axi_awaddr[${window + 1}:${window}];
  wire [${word - 1}:0] write_word = s_axi_awaddr[${window - 1}:2];
  reg busy = 1'b0, done = 1'b0;
  wire whole = s_axi_wstrb == 4'b1111 && !busy;
  wire starts = write && whole && write_window == 2'd0 && write_word == ${register(registers.control)} && s_axi_wdata[0];
  wire writes_control = whole && write_window == 2'd0 && write_word == ${register(registers.control)};
  wire writes_input = whole && write_window == 2'd1${fits(inputs, word) ? '' : ` && write_word < ${word}'d${inputs}`};
  always @(posedge clk) begin
    if (write) begin
      s_axi_bvalid <= 1'b1;
      s_axi_bresp <= writes_control || writes_input ? OKAY : SLVERR;
    end else if (s_axi_bready) s_axi_bvalid <= 1'b0;
    if (rst) s_axi_bvalid <= 1'b0;
  end

  wire read = s_axi_arvalid && !s_axi_rvalid;
  assign s_axi_arready = read;
  assign s_axi_rresp = OKAY;
  wire [1:0] read_window = s_axi_araddr[${window + 1}:${window}];
  wire [${word - 1}:0] read_word = s_axi_araddr[${window - 1}:2];
  reg [31:0] clocks = 32'd0;
  wire [15:0] output_word;
  always @(posedge clk) begin
    if (read) begin
      s_axi_rvalid <= 1'b1;
      s_axi_rdata <= 32'd0;
      if (read_window == 2'd2) s_axi_rdata <= {{16{output_word[15]}}, output_word};
      else if (read_window == 2'd0) case (read_word)
        ${register(registers.control)}: s_axi_rdata <= {30'd0, done, busy};
        ${register(registers.fingerprint)}: s_axi_rdata <= 32'h${hexDigits(fingerprint, 8)};
        ${register(registers.shape)}: s_axi_rdata <= {16'd${inputs}, 16'd${outputs}};
        ${register(registers.clocks)}: s_axi_rdata <= clocks;
        default: s_axi_rdata <= 32'd0;
      endcase
    end else if (s_axi_rready) s_axi_rvalid <= 1'b0;
    if (rst) s_axi_rvalid <= 1'b0;
  end

  wire finished;
  always @(posedge clk) begin
    if (starts) {busy, done, clocks} <= {1'b1, 1'b0, 32'd0};
    else if (busy) begin
      clocks <= clocks + 32'd1;
      if (finished) {busy, done} <= 2'b01;
    end
    if (rst) {busy, done} <= 2'b00;
  end

${parallel ? parallelCore(name, inputs, outputs, word) : streamingCore(name, inputs, outputs, word)}
endmodule
`;
}

/** Whether every word of a window is one of these. */
const fits = (count: number, word: number): boolean => count === 2 ** word;

const outputMemory = (outputs: number, word: number): string => `  reg [15:0] output_words [0:${outputs - 1}];
  assign output_word = ${fits(outputs, word) ? '' : `read_word >= ${word}'d${outputs} ? 16'd0 : `}output_words[${indexText('read_word', outputs, word)}];`;

/** An index of as many bits as an array of \`count\` words takes. */
function indexText(name: string, count: number, word: number): string {
  const bits = Math.max(1, Math.ceil(Math.log2(count)));
  return bits === word ? name : `${name}[${bits - 1}:0]`;
}

function parallelCore(name: string, inputs: number, outputs: number, word: number): string {
  return `  reg [${16 * inputs - 1}:0] input_words = ${16 * inputs}'d0;
  integer i;
  always @(posedge clk) begin
    for (i = 0; i < ${inputs}; i = i + 1)
      if (write && writes_input && write_word == i[${word - 1}:0]) input_words[16*i +: 16] <= s_axi_wdata[15:0];
  end

  reg in_valid = 1'b0;
  always @(posedge clk) in_valid <= starts;
  wire [${16 * outputs - 1}:0] out_data;
  ${name} core (
    .clk(clk), .rst(rst), .in_valid(in_valid), .in_data(input_words), .out_valid(finished), .out_data(out_data)
  );

${outputMemory(outputs, word)}
  integer o;
  always @(posedge clk) begin
    if (finished) for (o = 0; o < ${outputs}; o = o + 1) output_words[o] <= out_data[16*o +: 16];
  end`;
}

function streamingCore(name: string, inputs: number, outputs: number, word: number): string {
  const inputBits = Math.max(1, Math.ceil(Math.log2(inputs)));
  const outputBits = Math.max(1, Math.ceil(Math.log2(outputs)));
  return `  // Inputs go to the circuit in their order after a start, outputs come back in theirs. Reading takes a clock, as that of a
  // block RAM does, so the next input is read while one is offered.
  reg [15:0] input_words [0:${inputs - 1}];
  reg [15:0] offered_word;
  reg [${inputBits - 1}:0] next = ${inputBits}'d0;
  reg fetches = 1'b0, offers = 1'b0;
  wire s_ready, m_valid, m_last;
  wire [15:0] m_data;
  wire fetch = fetches && (!offers || s_ready);
  always @(posedge clk) begin
    if (write && writes_input) input_words[${indexText('write_word', inputs, word)}] <= s_axi_wdata[15:0];
    if (fetch) offered_word <= input_words[next];
    if (starts) {fetches, next} <= {1'b1, ${inputBits}'d0};
    else if (fetch) begin
      next <= next + ${inputBits}'d1;
      if (next == ${inputBits}'d${inputs - 1}) fetches <= 1'b0;
    end
    if (fetch) offers <= 1'b1;
    else if (s_ready) offers <= 1'b0;
    if (rst) {fetches, offers} <= 2'b00;
  end
  ${name} core (
    .clk(clk), .rst(rst),
    .s_axis_tdata(offered_word), .s_axis_tvalid(offers), .s_axis_tready(s_ready),
    .m_axis_tdata(m_data), .m_axis_tvalid(m_valid), .m_axis_tready(1'b1), .m_axis_tlast(m_last)
  );

${outputMemory(outputs, word)}
  reg [${outputBits - 1}:0] received = ${outputBits}'d0;
  assign finished = m_valid && m_last;
  always @(posedge clk) begin
    if (m_valid) begin
      output_words[received] <= m_data;
      received <= m_last ? ${outputBits}'d0 : received + ${outputBits}'d1;
    end
    if (rst) received <= ${outputBits}'d0;
  end`;
}
