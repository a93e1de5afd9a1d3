// Package line is what the client programs in Go share: options and lines. Commands and lines: interop/client-program.ts.
package line

import (
	"bufio"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Header is a record's header; its value is text in all cases.
type Header struct {
	Name  string
	Value []byte
}

// Record is a line of `produce`: nil is null, a zero time is none.
type Record struct {
	Timestamp  time.Time
	Key, Value []byte
	Headers    []Header
}

// Options by name, without their dashes; a flag is "true".
var Options = map[string]string{}

var printing sync.Mutex

// Number is an option as a number, or otherwise.
func Number(name string, otherwise int64) int64 {
	if text, given := Options[name]; given {
		number, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			panic(err)
		}
		return number
	}
	return otherwise
}

// Config gives the parts of --config NAME=VALUE, or empty texts.
func Config() (name, value string) {
	name, value, _ = strings.Cut(Options["config"], "=")
	return name, value
}

// Print writes one line; it may be called from everywhere.
func Print(fields ...any) {
	texts := make([]string, len(fields))
	for i, field := range fields {
		texts[i] = fmt.Sprint(field)
	}
	printing.Lock()
	defer printing.Unlock()
	os.Stdout.WriteString(strings.Join(texts, "\t") + "\n")
}

// PrintRecord writes the line of a record that was read.
func PrintRecord(partition int32, offset int64, read Record) {
	fields := []any{"record", partition, offset, read.Timestamp.UnixMilli(), text(read.Key), text(read.Value)}
	for _, header := range read.Headers {
		fields = append(fields, header.Name+"="+string(header.Value))
	}
	Print(fields...)
}

func text(content []byte) string {
	if content == nil {
		return `\N`
	}
	return string(content)
}

func content(field string) []byte {
	if field == `\N` {
		return nil
	}
	return []byte(field)
}

// Input calls with each record of standard input, to its end or to the first error.
func Input(take func(Record) error) error {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<16), 1<<22)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), "\t")
		record := Record{Key: content(fields[1]), Value: content(fields[2])}
		if fields[0] != "" {
			milliseconds, err := strconv.ParseInt(fields[0], 10, 64)
			if err != nil {
				return err
			}
			record.Timestamp = time.UnixMilli(milliseconds)
		}
		for _, pair := range fields[3:] {
			name, value, _ := strings.Cut(pair, "=")
			record.Headers = append(record.Headers, Header{name, []byte(value)})
		}
		if err := take(record); err != nil {
			return err
		}
	}
	return lines.Err()
}

// ToldToLeave calls when the runner says `leave`; `die` ends the program at once.
func ToldToLeave(leave func()) {
	go func() {
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			switch lines.Text() {
			case "leave":
				leave()
			case "die":
				os.Exit(1)
			}
		}
	}()
}

// Version of a module that the program is built with.
func Version(module string) {
	build, _ := debug.ReadBuildInfo()
	for _, dependency := range build.Deps {
		if dependency.Path == module {
			Print("version", strings.TrimPrefix(dependency.Version, "v"))
		}
	}
}

// Run does the command that was given; an error is told as nameOf names it.
func Run(commands map[string]func() error, nameOf func(error) string) {
	arguments := os.Args[1:]
	for i := 1; i < len(arguments); i++ {
		name := strings.TrimPrefix(arguments[i], "--")
		Options[name] = "true"
		if i+1 < len(arguments) && !strings.HasPrefix(arguments[i+1], "--") {
			i++
			Options[name] = arguments[i]
		}
	}
	err := fmt.Errorf("no way to do %s", arguments[0])
	if command, known := commands[arguments[0]]; known {
		err = command()
	}
	if err != nil {
		Print("error", nameOf(err), strings.Join(strings.Fields(err.Error()), " "))
		os.Exit(1)
	}
}
