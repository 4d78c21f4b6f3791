/**
 * A convolutional network as Verilog: one loop nest that a small program parameterises step by step, one pipeline that
 * normalises what it reads, and a few multipliers for as many filters. Maps, weights and constants are in memories; images
 * enter and results leave value by value with a valid/ready handshake, named as in AXI4-Stream.
 */
import type { Fixed16Cnn } from '../../../quantise/cnn/fixed16.ts';
import { extended, hexDigits, limited, romLines, shifted, streamHead } from '../verilog.ts';
import type { Shifting } from './constants.ts';
import {
  activates,
  type CnnProgram,
  type Field,
  levels,
  limitsOf,
  preparing,
  programWords,
  unsignedBits,
} from './program.ts';

/** Bits behind the part of a shift that all have, before the part that differs. */
export const movedBits = ({ totalBits, least }: Shifting): number => Math.max(17, totalBits - least);

/** Names of the files that the circuit reads its constants from. */
export const memoryFiles = (name: string) => ({
  weights: `${name}_weights.hex`,
  channels: `${name}_channels.hex`,
  filters: `${name}_filters.hex`,
});

export function cnnModule(name: string, network: Fixed16Cnn, program: CnnProgram): string {
  const { topology, table } = network;
  const { macs, constants, fields, fixed, addressBits: address, wordBits, last, words, drain } = program;
  const { normalizing, finishing, sumBits } = constants;
  const inputs = topology.height * topology.width * topology.channels;
  const ready = preparing(table !== undefined);
  const bits = {
    place: unsignedBits(Math.max(inputs, topology.outputs) - 1),
    program: unsignedBits(program.steps.length * fields.length - 1),
    told: unsignedBits(fields.length),
    channel: unsignedBits(constants.channels.length - 1),
    weight: unsignedBits(constants.weights.length - 1),
    filter: unsignedBits(constants.filters.length - 1),
    lane: unsignedBits(macs),
    own: unsignedBits(Math.max(...program.steps.map(({ counts }) => counts[3] * macs)) - 1),
    pause: [...fields, ...fixed].find((field) => field.name === 'pause')!.bits,
    drain: unsignedBits(drain),
    // Kernels reach over at most 5 pixels.
    row: unsignedBits(last[5]! + 4 + 2),
    column: unsignedBits(last[4]! + 4 + 2),
  };
  const d = (width: number, value: number | bigint) => `${width}'d${value}`;
  const lanes = (line: (k: number) => string) => Array.from({ length: macs }, (_, k) => line(k)).join('\n');
  const each = (line: (level: number) => string) => levels.map(line).join('\n');
  const counter = levels.map((level) => unsignedBits(last[level]!));
  const files = memoryFiles(name);
  const limits = limitsOf(network);
  const anywhere = { low: -Infinity, high: Infinity };
  const saturation = { minimum: -32768, maximum: 32767 };
  const moved = { normalizing: movedBits(normalizing), finishing: movedBits(finishing) };
  const withLimits = limited('moved', moved.normalizing, limits ?? saturation, anywhere);
  const asIs = limited('moved', moved.normalizing, saturation, anywhere);
  const channelBits = 16 + normalizing.biasBits + normalizing.shiftBits;
  const filterBits = finishing.biasBits + finishing.shiftBits;
  const tabled = table !== undefined;
  const zeros = (upTo: number) =>
    levels
      .slice(0, upTo)
      .map((level) => `at_end_${level}`)
      .join(' && ');
  const kernelPlace = (level: 1 | 2) => `left_${level}${counter[level]! > 3 ? '[2:0]' : ''}`;
  const wide = (text: string, from: number, to: number) => (from < to ? `{${d(to - from, 0)}, ${text}}` : text);
  const image = `An image of ${topology.height}x${topology.width}x${topology.channels}, row by row, the channels of a pixel side by side`;
  return `${streamHead(name, image, topology.outputs)}
  localparam [2:0] LOAD = 3'd0, TELL = 3'd1, BEGIN = 3'd2, RUN = 3'd3, DRAIN = 3'd4, SEND = 3'd5;
  reg [2:0] state = LOAD;

  // Maps of two blocks, and of a bottleneck.
  (* ram_style = "block" *) reg [15:0] maps [0:${words - 1}];
  // Filter after filter of a group within a word, the first one in the low bits; words in the order in which they are needed.
  (* rom_style = "block", ram_style = "block" *) reg [${16 * macs - 1}:0] weights [0:${constants.weights.length - 1}];
  // What normalises a channel: weight, bias with half of the rounding step, shift beyond ${normalizing.least}.
  (* rom_style = "block", ram_style = "block" *) reg [${channelBits - 1}:0] channels [0:${constants.channels.length - 1}];
  // What finishes a filter: bias with half of the rounding step, shift beyond ${finishing.least}.
  (* rom_style = "block", ram_style = "block" *) reg [${filterBits - 1}:0] filters [0:${constants.filters.length - 1}];
  // ${fields.length} words a step.
  (* rom_style = "block", ram_style = "block" *) reg [${wordBits - 1}:0] orders [0:${program.steps.length * fields.length - 1}];
  initial begin
    $readmemh("${files.weights}", weights);
    $readmemh("${files.channels}", channels);
    $readmemh("${files.filters}", filters);
${romLines(
  'orders',
  programWords(program).map((value) => `${wordBits}'h${hexDigits(value, Math.ceil(wordBits / 4))}`),
).join('\n')}
  end

  // What this step is told: words move up by one place at a time, until each is where it belongs.
  reg [${bits.program - 1}:0] order_address = ${d(bits.program, 0)};
  reg [${bits.told - 1}:0] told = ${d(bits.told, 0)};
  reg [${wordBits - 1}:0] word;
  wire tells = state == TELL && told != ${d(bits.told, 0)};
${fields.map(({ name: own, bits: width }) => `  reg [${width - 1}:0] ${own};`).join('\n')}
  always @(posedge clk) begin
    word <= orders[order_address];
    if (tells) begin
${chain(fields, wordBits)}
    end
  end
${fixed.map(({ name: own, bits: width, values }) => `  wire [${width - 1}:0] ${own} = ${d(width, values[0]!)};`).join('\n')}

  // The loop nest: counters run down to 0, and the outermost one that goes on says how far the address jumps.
${each((level) => `  reg [${counter[level]! - 1}:0] left_${level};\n  wire at_end_${level} = left_${level} == ${d(counter[level]!, 0)};`)}
  reg [${address - 1}:0] read_address;
  reg [${bits.pause - 1}:0] pausing;
  reg begins_group, begins_tap;
  wire reads = state == RUN && pausing == ${d(bits.pause, 0)};
  wire reduces = mean | largest;
  wire ends_value = !reduces || (at_end_0 && at_end_1);
  wire ends_group = ${zeros(3)};
  wire ends_pixel = ends_group && at_end_3;
  wire ends_step = ${zeros(6)};
  wire [${address - 1}:0] jump = !at_end_0 ? jump_0 : !at_end_1 ? jump_1 : !at_end_2 ? jump_2
    : !at_end_3 ? jump_3 : !at_end_4 ? jump_4 : jump_5;
  // Taps beyond the edges count as 0.
  wire [${bits.row - 1}:0] row = ${wide('left_5', counter[5]!, bits.row)} + ${wide(kernelPlace(2), Math.min(3, counter[2]!), bits.row)};
  wire [${bits.column - 1}:0] column = ${wide('left_4', counter[4]!, bits.column)} + ${wide(kernelPlace(1), Math.min(3, counter[1]!), bits.column)};
  wire in_image = pad == 2'd0 || (row >= ${wide('pad', 2, bits.row)} && column >= ${wide('pad', 2, bits.column)}
    && row <= ${wide('last_5', counter[5]!, bits.row)} + ${wide('pad', 2, bits.row)}
    && column <= ${wide('last_4', counter[4]!, bits.column)} + ${wide('pad', 2, bits.column)});
  reg [${bits.channel - 1}:0] channel;

  // What enters or leaves: number \`place\` of the inputs or outputs.
  reg [${bits.place - 1}:0] place = ${d(bits.place, 0)};
  assign s_axis_tready = state == LOAD && !m_axis_tvalid;
  wire takes = s_axis_tready && s_axis_tvalid;
  wire sends = state == SEND && (!m_axis_tvalid || m_axis_tready);
  reg [${bits.drain - 1}:0] draining;
  wire drained = state == DRAIN && draining == ${d(bits.drain, 0)};

  always @(posedge clk) begin
    case (state)
      LOAD: if (takes) begin
        place <= place == ${d(bits.place, inputs - 1)} ? ${d(bits.place, 0)} : place + 1'b1;
        if (place == ${d(bits.place, inputs - 1)}) state <= TELL;
      end
      TELL: begin
        told <= told == ${d(bits.told, fields.length)} ? ${d(bits.told, 0)} : told + 1'b1;
        if (told == ${d(bits.told, fields.length)}) state <= BEGIN;
        else order_address <= order_address == ${d(bits.program, program.steps.length * fields.length - 1)} ? ${d(bits.program, 0)} : order_address + 1'b1;
      end
      BEGIN: state <= RUN;
      RUN: if (reads && ends_step) state <= DRAIN;
      DRAIN: if (drained) state <= is_final ? SEND : TELL;
      SEND: if (sends) begin
        place <= place == ${d(bits.place, topology.outputs - 1)} ? ${d(bits.place, 0)} : place + 1'b1;
        if (place == ${d(bits.place, topology.outputs - 1)}) state <= LOAD;
      end
      default: state <= LOAD;
    endcase
    if (rst) begin
      state <= LOAD;
      told <= ${d(bits.told, 0)};
      order_address <= ${d(bits.program, 0)};
      place <= ${d(bits.place, 0)};
    end
  end

  always @(posedge clk) begin
    draining <= state == DRAIN ? draining - 1'b1 : ${d(bits.drain, drain)};
    if (state == BEGIN) begin
${each((level) => `      left_${level} <= last_${level};`)}
      begins_group <= 1'b1;
      begins_tap <= 1'b1;
      channel <= first_channel;
      pausing <= ${d(bits.pause, 0)};
    end else if (reads) begin
${each((level) => `      ${level === 0 ? '' : `if (${zeros(level)}) `}left_${level} <= at_end_${level} ? last_${level} : left_${level} - 1'b1;`)}
      begins_tap <= ends_value;
      if (ends_value) begin
        begins_group <= ends_group;
        channel <= (reduces ? at_end_2 : at_end_0) ? first_channel : channel + 1'b1;
      end
      if (ends_group) pausing <= pause;
    end else if (pausing != ${d(bits.pause, 0)}) pausing <= pausing - 1'b1;
    if (state == BEGIN) read_address <= read;
    else if (reads) read_address <= read_address + jump;
    else if (sends) read_address <= read_address + 1'b1;
    else if (drained) read_address <= ${d(address, program.outputs)};
  end

  always @(posedge clk) begin
    if (sends) begin
      m_axis_tvalid <= 1'b1;
      m_axis_tlast <= place == ${d(bits.place, topology.outputs - 1)};
    end else if (m_axis_tready) m_axis_tvalid <= 1'b0;
    if (rst) m_axis_tvalid <= 1'b0;
  end
  initial m_axis_tvalid = 1'b0;
  initial m_axis_tlast = 1'b0;

  // Where the inputs and the results go.
  reg [${address - 1}:0] write_address = ${d(address, program.image)};
  reg signed [15:0] result;
  reg [3:0] writes = 4'd0, ends_filters = 4'd0;
  always @(posedge clk) begin
    if (takes || writes[3]) write_address <= write_address + (!takes && ends_filters[3] ? next_pixel : ${d(address, 1)});
    if (state == BEGIN) write_address <= write;
    if (rst || (state == SEND)) write_address <= ${d(address, program.image)};
  end

  // One write and one read of the maps in a clock.
  reg signed [15:0] value;
  always @(posedge clk) begin
    if (takes || writes[3]) maps[write_address] <= takes ? s_axis_tdata : result;
    if (reads || sends) value <= maps[read_address];
  end
  assign m_axis_tdata = value;

  // What is known of a value, one more clock after the other.
  reg [${ready - 1}:0] is_inside, begins_reducing;
  reg [${ready}:0] ends_reducing = ${d(ready + 1, 0)}, is_last_tap;
  reg [${ready + 2}:0] is_first_product;
  reg [${ready + 3}:0] is_last_product = ${d(ready + 4, 0)}, is_last_group;
  always @(posedge clk) begin
    is_inside <= {is_inside[${ready - 2}:0], in_image};
    begins_reducing <= {begins_reducing[${ready - 2}:0], begins_tap};
    ends_reducing <= rst ? ${d(ready + 1, 0)} : {ends_reducing[${ready - 1}:0], reads && ends_value};
    is_last_tap <= {is_last_tap[${ready - 1}:0], ends_pixel};
    is_first_product <= {is_first_product[${ready + 1}:0], begins_group};
    is_last_product <= rst ? ${d(ready + 4, 0)} : {is_last_product[${ready + 2}:0], reads && ends_group};
    is_last_group <= {is_last_group[${ready + 2}:0], at_end_3};
  end

  // Normalisation, of a map's value by its channel's constants.
  reg [${channelBits - 1}:0] line;
  always @(posedge clk) line <= channels[channel];
  reg signed [31:0] scaled;
  reg signed [${normalizing.biasBits - 1}:0] offset;
${shiftRegisters('line_shift', normalizing.shiftBits, 2)}
  // Shifting drops its low bits.
  /* verilator lint_off UNUSED */
  reg signed [${normalizing.totalBits - 1}:0] total;
  /* verilator lint_on UNUSED */
  reg signed [${moved.normalizing - 1}:0] moved;
  wire signed [${moved.normalizing - 1}:0] total_moved = ${shifted('total', normalizing.totalBits, normalizing.least, moved.normalizing)};
  reg signed [15:0] normalized;
  wire signed [15:0] line_weight = line[15:0];
  always @(posedge clk) begin
    scaled <= value * line_weight;
    offset <= line[${15 + normalizing.biasBits}:16];
    total <= ${extended('scaled', 32, normalizing.totalBits)} + ${extended('offset', normalizing.biasBits, normalizing.totalBits)};
${shiftMoves('line_shift', `line[${channelBits - 1}:${16 + normalizing.biasBits}]`, normalizing.shiftBits, 2)}
    moved <= total_moved${normalizing.shiftBits > 0 ? ' >>> line_shift_2' : ''};
    normalized <= ${limits && activates(network) ? `raw ? (${asIs}) : (${withLimits})` : withLimits};
  end
${
  tabled
    ? `  wire signed [15:0] activated;
  ${name}_activation activation (.clk(clk), .sum(normalized), .value(activated));
  reg [15:0] plain_0, plain_1, plain_2;
  always @(posedge clk) {plain_2, plain_1, plain_0} <= {plain_1, plain_0, normalized};
  wire signed [15:0] prepared = !is_inside[${ready - 1}] ? 16'sd0 : raw ? plain_2 : activated;`
    : `  wire signed [15:0] prepared = is_inside[${ready - 1}] ? normalized : 16'sd0;`
}

  // Of the values read for a tap, their mean, the largest, or the only one.
  reg signed [17:0] reduced;
  wire signed [17:0] prepared_wide = {{2{prepared[15]}}, prepared};
  /* verilator lint_off UNUSED */
  wire signed [17:0] rounded = reduced + 18'sd2;
  /* verilator lint_on UNUSED */
  reg signed [15:0] tap;
  always @(posedge clk) begin
    if (begins_reducing[${ready - 1}] || (largest && prepared_wide > reduced)) reduced <= prepared_wide;
    else if (mean) reduced <= reduced + prepared_wide;
    tap <= mean ? rounded[17:2] : reduced[15:0];
  end

  // Products and sums, a filter for each multiplier.
  reg [${bits.weight - 1}:0] weight_address;
  reg [${16 * macs - 1}:0] weight;
  reg [1:0] is_product = 2'd0;
  always @(posedge clk) begin
    if (state == BEGIN) weight_address <= first_weight;
    else if (ends_reducing[${ready}]) weight_address <= is_last_tap[${ready}] ? first_weight : weight_address + 1'b1;
    weight <= weights[weight_address];
    is_product <= {is_product[0], ends_reducing[${ready}]};
  end
${lanes((k) => `  wire signed [15:0] weight_${k} = weight[${16 * k + 15}:${16 * k}];`)}
${lanes((k) => `  reg signed [31:0] product_${k};`)}
${lanes((k) => `  reg signed [${sumBits - 1}:0] sum_${k};`)}
  always @(posedge clk) begin
${lanes((k) => `    product_${k} <= tap * weight_${k};`)}
    if (is_product[1]) begin
${lanes((k) => `      sum_${k} <= (is_first_product[${ready + 2}] ? ${d(sumBits, 0)} : sum_${k}) + ${extended(`product_${k}`, 32, sumBits)};`)}
    end
  end

  // The sums of a group leave one after the other, while the next group is summed.
${lanes((k) => `  reg signed [${sumBits - 1}:0] held_${k};`)}
  reg [${bits.lane - 1}:0] waiting = ${d(bits.lane, 0)};
  reg closes_pixel;
  reg [${bits.filter - 1}:0] filter_address;
  reg [${bits.own - 1}:0] filter;
  wire leaves = waiting != ${d(bits.lane, 0)};
  wire last_lane = waiting == ${d(bits.lane, 1)} && closes_pixel;
  wire holds = is_last_product[${ready + 3}];
  always @(posedge clk) begin
${lanes((k) => (k + 1 < macs ? `    held_${k} <= holds ? sum_${k} : held_${k + 1};` : `    if (holds) held_${k} <= sum_${k};`))}
    if (holds) begin
      waiting <= ${d(bits.lane, macs)};
      closes_pixel <= is_last_group[${ready + 3}];
    end else if (leaves) waiting <= waiting - 1'b1;
    if (rst) waiting <= ${d(bits.lane, 0)};
    if (state == BEGIN) begin
      filter <= ${d(bits.own, 0)};
      filter_address <= first_filter;
    end else if (leaves) begin
      filter <= last_lane ? ${d(bits.own, 0)} : filter + 1'b1;
      filter_address <= last_lane ? first_filter : filter_address + 1'b1;
    end
    // A group's last lanes may have no filter.
    writes <= rst ? 4'd0 : {writes[2:0], leaves && filter <= ${wide('last_filter', fieldBits(program, 'last_filter'), bits.own)}};
    ends_filters <= {ends_filters[2:0], filter == ${wide('last_filter', fieldBits(program, 'last_filter'), bits.own)}};
  end

  // Bias, shift and limits.
  reg [${filterBits - 1}:0] finish;
  reg signed [${sumBits - 1}:0] picked;
${shiftRegisters('finish_shift', finishing.shiftBits, 1)}
  /* verilator lint_off UNUSED */
  reg signed [${finishing.totalBits - 1}:0] finished;
  /* verilator lint_on UNUSED */
  reg signed [${moved.finishing - 1}:0] settled;
  wire signed [${moved.finishing - 1}:0] finished_moved = ${shifted('finished', finishing.totalBits, finishing.least, moved.finishing)};
  wire signed [${finishing.biasBits - 1}:0] finish_bias = finish[${finishing.biasBits - 1}:0];
  always @(posedge clk) begin
    finish <= filters[filter_address];
    picked <= held_0;
    finished <= ${extended('picked', sumBits, finishing.totalBits)} + ${extended('finish_bias', finishing.biasBits, finishing.totalBits)};
${shiftMoves('finish_shift', `finish[${filterBits - 1}:${finishing.biasBits}]`, finishing.shiftBits, 1)}
    settled <= finished_moved${finishing.shiftBits > 0 ? ' >>> finish_shift_1' : ''};
    result <= ${limited('settled', moved.finishing, saturation, anywhere)};
  end
endmodule
`;
}

const fieldBits = ({ fields, fixed }: CnnProgram, name: string): number =>
  [...fields, ...fixed].find((field) => field.name === name)!.bits;

/** Each field takes the low bits of the one behind it, the last one the word: told first, a field ends up in front. */
const chain = (fields: readonly Field[], wordBits: number): string =>
  fields
    .map(({ name, bits }, index) => {
      const from = fields[index + 1];
      const [source, width] = from ? [from.name, from.bits] : ['word', wordBits];
      return `      ${name} <= ${width === bits ? source : `${source}[${bits - 1}:0]`};`;
    })
    .join('\n');

const shiftRegisters = (name: string, bits: number, clocks: number): string =>
  bits === 0 ? '' : Array.from({ length: clocks }, (_, k) => `  reg [${bits - 1}:0] ${name}_${k + 1};`).join('\n');

const shiftMoves = (name: string, source: string, bits: number, clocks: number): string =>
  bits === 0
    ? ''
    : Array.from({ length: clocks }, (_, k) => `    ${name}_${k + 1} <= ${k === 0 ? source : `${name}_${k}`};`).join(
        '\n',
      );
