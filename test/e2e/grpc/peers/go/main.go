// Command peer is a server and a client of gRPC that know nothing of error trees: `peer serve`, `peer call TARGET CALLS AT_ONCE ASK SCRIPTS`.
package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const field = "x-error-tree-bin"
const richField = "grpc-status-details-bin"

var kinds = []string{"Unary", "ClientStream", "ServerStream", "Bidi"}

// script says how a call ends.
type script struct {
	Name       string `json:"name"`
	Code       int    `json:"code"`
	Details    string `json:"details"`
	DetailsBin string `json:"details_bin,omitempty"`
	Filler     int    `json:"filler,omitempty"`
}

// raw passes messages on as they are.
type raw struct{}

func (raw) Marshal(v any) ([]byte, error)      { return *v.(*[]byte), nil }
func (raw) Unmarshal(data []byte, v any) error { *v.(*[]byte) = bytes.Clone(data); return nil }
func (raw) Name() string                       { return "raw" }

func handle(_ any, stream grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(stream)
	var first []byte
	for {
		var message []byte
		if err := stream.RecvMsg(&message); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
		if first == nil {
			first = message
		}
	}
	var told script
	if err := json.Unmarshal(first, &told); err != nil {
		return err
	}
	rich, _ := base64.StdEncoding.DecodeString(told.DetailsBin)
	trailers := metadata.Pairs("from", told.Name)
	if len(rich) > 0 {
		trailers.Set(richField, string(rich))
	}
	if told.Filler > 0 {
		trailers.Set("filler", strings.Repeat("x", told.Filler))
	}
	stream.SetTrailer(trailers)
	well := []byte("well")
	times := 1
	if strings.HasSuffix(method, "ServerStream") || strings.HasSuffix(method, "Bidi") {
		times = 3
	} else if told.Code != 0 {
		times = 0
	}
	for range times {
		if err := stream.SendMsg(&well); err != nil {
			return err
		}
	}
	return status.Error(codes.Code(told.Code), told.Details)
}

func serve() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	server := grpc.NewServer(grpc.ForceServerCodec(raw{}), grpc.UnknownServiceHandler(handle))
	go server.Serve(listener)
	fmt.Printf("{\"port\":%d}\n", listener.Addr().(*net.TCPAddr).Port)
	io.Copy(io.Discard, os.Stdin)
	server.Stop()
}

// callOnce gives what is wrong with what came back, and the bytes of an answer.
func callOnce(connection *grpc.ClientConn, told script, kind, ask string) (wrong []string, answer string) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if ask != "" {
		ctx = metadata.AppendToOutgoingContext(ctx,
			"x-error-tree", fmt.Sprintf(`v=1, id="%s", from="go"`, ask),
			"traceparent", fmt.Sprintf("00-%s-%s-00", strings.Repeat("a", 32), ask))
	}
	request, _ := json.Marshal(told)
	streams := kind == "ClientStream" || kind == "Bidi"
	description := &grpc.StreamDesc{ClientStreams: streams, ServerStreams: kind == "ServerStream" || kind == "Bidi"}
	stream, err := connection.NewStream(ctx, description, "/peer.Peer/"+kind)
	if err != nil {
		return []string{err.Error()}, ""
	}
	for range map[bool]int{false: 1, true: 2}[streams] {
		if err := stream.SendMsg(&request); err != nil {
			break
		}
	}
	stream.CloseSend()
	for err == nil {
		var message []byte
		err = stream.RecvMsg(&message)
		// With one message to come the client itself reads up to the status.
		if err == nil && !description.ServerStreams {
			err = io.EOF
		}
	}
	if err == io.EOF {
		err = nil
	}
	trailers := stream.Trailer()
	if got := trailers.Get(field); len(got) > 0 {
		answer = got[0]
	}
	one := func(name string) string { return strings.Join(trailers.Get(name), ",") }
	if got := status.Code(err); int(got) != told.Code {
		wrong = append(wrong, fmt.Sprintf("%v in place of %d: %v", got, told.Code, err))
	} else if told.Code != 0 && status.Convert(err).Message() != told.Details {
		wrong = append(wrong, "details "+status.Convert(err).Message())
	}
	if one("from") != told.Name || len(one("filler")) != told.Filler {
		wrong = append(wrong, fmt.Sprintf("trailers %v", trailers))
	}
	rich, _ := base64.StdEncoding.DecodeString(told.DetailsBin)
	if one(richField) != string(rich) {
		wrong = append(wrong, "other rich details")
	}
	if ask == "" && answer != "" {
		wrong = append(wrong, "an answer without an ask")
	}
	return wrong, answer
}

// report is what came of all calls.
type report struct {
	Calls    int      `json:"calls"`
	Harmed   int      `json:"harmed"`
	Examples []string `json:"examples"`
	Answers  int      `json:"answers"`
	Longest  int      `json:"longest"`
}

func call(target string, calls, atOnce int, asks bool, scripts []script) {
	connection, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(raw{})))
	if err != nil {
		panic(err)
	}
	defer connection.Close()
	var all report
	var lock sync.Mutex
	var waiting sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for index := range calls {
		slots <- struct{}{}
		waiting.Add(1)
		go func() {
			defer waiting.Done()
			defer func() { <-slots }()
			told := scripts[index%len(scripts)]
			told.Name = fmt.Sprintf("call-%d", index)
			ask := ""
			if asks {
				ask = fmt.Sprintf("%016x", index+1)
			}
			wrong, answer := callOnce(connection, told, kinds[index/len(scripts)%4], ask)
			lock.Lock()
			defer lock.Unlock()
			all.Calls++
			if answer != "" {
				all.Answers++
				all.Longest = max(all.Longest, len(answer))
			}
			if len(wrong) > 0 {
				all.Harmed++
				if len(all.Examples) < 5 {
					all.Examples = append(all.Examples, told.Name+": "+strings.Join(wrong, "; "))
				}
			}
		}()
	}
	waiting.Wait()
	json.NewEncoder(os.Stdout).Encode(all)
}

func main() {
	if os.Args[1] == "serve" {
		serve()
		return
	}
	calls, _ := strconv.Atoi(os.Args[3])
	atOnce, _ := strconv.Atoi(os.Args[4])
	var scripts []script
	if err := json.Unmarshal([]byte(os.Args[6]), &scripts); err != nil {
		panic(err)
	}
	call(os.Args[2], calls, atOnce, os.Args[5] == "ask", scripts)
}
